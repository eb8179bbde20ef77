//! What checkpoints call their tensors: classes and wrappers of other programs put prefixes before
//! the names, and heads beside the encoder.

use std::fmt;

/// Steps that wrappers add to a name: `torch.compile` the one, `DataParallel` the other.
const WRAPPERS: [&str; 2] = ["_orig_mod", "module"];

/// How the names of an encoder begin where its class is the model itself, as `EsmModel`'s are.
const BARE: [&str; 4] = ["embeddings.", "encoder.", "contact_head.", "pooler."];

/// The name that `EsmForSequenceClassification` has for a tensor.
pub fn canonical(name: &str) -> String {
    let steps: Vec<&str> = name.split('.').filter(|step| !WRAPPERS.contains(step)).collect();
    let name = steps.join(".");
    if BARE.iter().any(|start| name.starts_with(start)) { format!("esm.{name}") } else { name }
}

/// Whether a tensor is part of an adapter, or of a model wrapped for one.
pub fn is_adapter(name: &str) -> bool {
    name.starts_with("base_model.model.") || name.split('.').any(|step| step.starts_with("lora_"))
}

/// What a run has no use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// The table of absolute positions, which rotary ones make useless.
    Positions,
    LanguageModel,
    Pooler,
    /// A head for classes; a new one is drawn.
    Classifier,
}

impl LeftOut {
    /// What a tensor belongs to, by its canonical name; `None` where runs read it or know nothing
    /// of it.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "esm.embeddings.position_embeddings.weight" | "esm.embeddings.position_ids" => Some(Self::Positions),
            _ if name.starts_with("lm_head.") => Some(Self::LanguageModel),
            _ if name.starts_with("esm.pooler.") => Some(Self::Pooler),
            _ if name.starts_with("classifier.") => Some(Self::Classifier),
            _ => None,
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Positions => "position embeddings (ESM-2's positions are rotary)",
            Self::LanguageModel => "the language-model head",
            Self::Pooler => "the pooler (the head reads <cls> itself)",
            Self::Classifier => "the classification head (each run draws its own)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_has_one_name_whatever_stands_before_it() {
        let query = "esm.encoder.layer.0.attention.self.query.weight";
        for prefix in ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."] {
            assert_eq!(canonical(&format!("{prefix}{query}")), query);
            assert_eq!(canonical(&format!("{prefix}{}", &query["esm.".len()..])), query);
        }
        assert_eq!(canonical("esm._orig_mod.encoder.emb_layer_norm_after.bias"), "esm.encoder.emb_layer_norm_after.bias");
        assert_eq!(canonical("embeddings.position_ids"), "esm.embeddings.position_ids");
        for other in ["lm_head.bias", "classifier.dense.weight", "esm.pooler.dense.bias", "encoders.x", ""] {
            assert_eq!(canonical(other), other);
        }
    }

    #[test]
    fn what_is_left_out_is_known_by_its_name() {
        assert_eq!(LeftOut::of("esm.embeddings.position_ids"), Some(LeftOut::Positions));
        assert_eq!(LeftOut::of("lm_head.layer_norm.weight"), Some(LeftOut::LanguageModel));
        assert_eq!(LeftOut::of("classifier.out_proj.bias"), Some(LeftOut::Classifier));
        assert_eq!(LeftOut::of("esm.contact_head.regression.bias"), None);
        assert!(is_adapter("base_model.model.esm.encoder.layer.0.attention.self.query.lora_A.weight"));
        assert!(!is_adapter("esm.encoder.layer.0.attention.self.query.weight"));
    }
}
