//! How a table of settings is declared.

/// Declares a table of settings: each key once, with its documentation, its bounds, its type and
/// its default.
///
/// Everything else follows from it: the JSON schema and the reference manual, what a file may say
/// and the messages where it says something else, the layers, and what of it is hashed into a run's
/// key. A key may be absent where its type is an `Option`.
macro_rules! table {
    ($(#[$about:meta])* $name:ident { $($(#[$key:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case", default)]
        $(#[$about])*
        pub struct $name {
            $($(#[$key])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

pub(super) use table;
