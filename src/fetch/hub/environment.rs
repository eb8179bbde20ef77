//! What the `HF_*` variables say, read as `huggingface_hub` reads them.

use std::{ffi::OsString, fmt, path::PathBuf};

use crate::fetch::Error;

/// Where the Hub is, where its cache is, and who asks.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Without a slash at the end.
    pub endpoint: String,
    /// The folder that holds `models--…` folders.
    pub cache: PathBuf,
    pub token: Option<Token>,
    /// Only what is in the cache may be used.
    pub offline: bool,
}

/// A secret: it goes into one request header, and nowhere else.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        let token = token.trim();
        (!token.is_empty()).then(|| Self(token.to_owned()))
    }

    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Environment {
    /// Reads the variables through `variable`.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).and_then(|value| value.into_string().ok());
        let path = |name: &str| set(name).map(PathBuf::from);

        let home = || {
            path("HF_HOME")
                .or_else(|| path("XDG_CACHE_HOME").map(|cache| cache.join("huggingface")))
                .or_else(|| path("HOME").or_else(|| path("USERPROFILE")).map(|home| home.join(".cache/huggingface")))
        };
        let token_file = path("HF_TOKEN_PATH").or_else(|| home().map(|home| home.join("token")));
        let stored = || token_file.and_then(|file| fs_err::read_to_string(file).ok());
        let truth = |value: String| matches!(value.to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE");
        Ok(Self {
            endpoint: text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into()).trim_end_matches('/').to_owned(),
            cache: path("HF_HUB_CACHE").or_else(|| home().map(|home| home.join("hub"))).ok_or(Error::NoHome)?,
            token: text("HF_TOKEN").or_else(stored).and_then(|token| Token::new(&token)),
            offline: text("HF_HUB_OFFLINE").is_some_and(truth),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, Error> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Environment::read(|name| variables.get(name).map(OsString::from))
    }

    fn cache(variables: &[(&str, &str)]) -> PathBuf {
        read(variables).unwrap().cache
    }

    #[test]
    fn the_cache_lies_where_the_most_specific_variable_says() {
        let home = ("HOME", "/home/a");
        assert_eq!(cache(&[home]), PathBuf::from("/home/a/.cache/huggingface/hub"));
        assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "/c")]), PathBuf::from("/c/huggingface/hub"));
        assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "/c"), ("HF_HOME", "/h")]), PathBuf::from("/h/hub"));
        assert_eq!(cache(&[home, ("HF_HOME", "/h"), ("HF_HUB_CACHE", "/x")]), PathBuf::from("/x"));
        assert_eq!(cache(&[home, ("HF_HOME", "")]), PathBuf::from("/home/a/.cache/huggingface/hub"));
        assert!(matches!(read(&[]), Err(Error::NoHome)));
    }

    #[test]
    fn the_endpoint_and_offline_mode_are_read() {
        let plain = read(&[("HF_HOME", "/h")]).unwrap();
        assert_eq!((plain.endpoint.as_str(), plain.offline), ("https://huggingface.co", false));
        let set = read(&[("HF_HOME", "/h"), ("HF_ENDPOINT", "http://mirror/"), ("HF_HUB_OFFLINE", "true")]).unwrap();
        assert_eq!((set.endpoint.as_str(), set.offline), ("http://mirror", true));
        assert!(!read(&[("HF_HOME", "/h"), ("HF_HUB_OFFLINE", "0")]).unwrap().offline);
    }

    #[test]
    fn the_token_is_the_variable_or_the_stored_one_and_never_shown() {
        let home = tempfile::tempdir().unwrap();
        let home_text = home.path().to_str().unwrap();
        assert!(read(&[("HF_HOME", home_text)]).unwrap().token.is_none());
        fs_err::write(home.path().join("token"), "hf_stored\n").unwrap();
        let stored = read(&[("HF_HOME", home_text)]).unwrap();
        assert_eq!(stored.token.as_ref().unwrap().header(), "Bearer hf_stored");
        let set = read(&[("HF_HOME", home_text), ("HF_TOKEN", "hf_secret")]).unwrap();
        assert_eq!(set.token.as_ref().unwrap().header(), "Bearer hf_secret");
        assert!(!format!("{set:?}").contains("secret"));
    }
}
