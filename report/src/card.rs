//! A run's model card: Markdown with the Hub's metadata, from the numbers of the report.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    Inputs, View,
    view::{
        baselines::Baselines,
        choice::By,
        format,
        table::{Kind, Table},
    },
};
use titer_core::{
    data::Split,
    experiment::{Truncate, Weights},
    metric::Metric,
    predictions::Output,
    results::Manifest,
};

/// Of a run that was asked for by its key: the report's sentences are of another configuration.
const NOT_RECOMMENDED: &str = "This run is not of the configuration that the experiment's report recommends.";

/// Digits of a digest that are shown.
const DIGITS: usize = 16;

/// The card of the run at this index of [`Inputs::runs`].
#[must_use]
pub fn model_card(inputs: &Inputs, run: usize) -> String {
    let view = View::new(inputs);
    let manifest = &inputs.runs[run].manifest;
    let mut card = metadata(&view, inputs, manifest);
    let mut section = |title: &str, body: String| {
        if !body.is_empty() {
            let _ = write!(card, "\n## {title}\n\n{}\n", body.trim_end());
        }
    };
    let is_recommended = view.decision.chosen().is_some_and(|chosen| chosen.runs.contains(&run));
    section("What it predicts", predicts(&view, manifest, is_recommended));
    section("Data", data(&view, manifest));
    section("Training", training(&view, run, manifest));
    section("Scores", scores(&view, run, inputs));
    section("Baselines", baselines(&view));
    section("Cautions", if is_recommended { list(&view.answer.cautions) } else { String::new() });
    section("How to use it", usage(manifest));
    section("How to repeat it", repeat(&view, manifest));
    card
}

/// The block that the Hub reads. JSON strings are YAML's too.
fn metadata(view: &View, inputs: &Inputs, manifest: &Manifest) -> String {
    let mut card = "---\nlibrary_name: transformers\npipeline_tag: text-classification\n".to_owned();
    if let Weights::Hub { name, .. } = &manifest.settings.model.weights {
        let _ = writeln!(card, "base_model: {}", json!(name));
    }
    card += "tags:\n- biology\n- protein\n- esm2\n- titer\n";
    let metrics = tested(manifest);
    if !metrics.is_empty() {
        let task = if of_values(manifest) { "regression" } else { "text-classification" };
        let _ = writeln!(card, "model-index:\n- name: {}\n  results:\n  - task:\n      type: {task}", json!(inputs.name));
        let digest = json!(format!("BLAKE3 {}", short(&manifest.inputs.data)));
        let _ = writeln!(card, "    dataset:\n      name: {}\n      type: {digest}\n      split: test", json!(inputs.name));
        card += "    metrics:\n";
        for (metric, value) in metrics {
            let _ = writeln!(
                card,
                "    - type: {}\n      value: {value}\n      name: {}",
                metric.id,
                json!(format!("test {}", metric.label))
            );
        }
    }
    let _ = write!(card, "---\n\n# {}\n\n{}\n", plain(&view.title), plain(&view.answer.scope));
    card
}

/// The task's scores of the run on its test set.
fn tested(manifest: &Manifest) -> Vec<(Metric, f64)> {
    let beside = manifest.settings.task.kind.task().beside();
    let scores = manifest.scored(Split::Test);
    beside.iter().filter_map(|metric| Some((*metric, scores?.get(*metric)?))).collect()
}

fn of_values(manifest: &Manifest) -> bool {
    manifest.settings.task.kind.task().output() == Output::Values
}

fn predicts(view: &View, manifest: &Manifest, is_recommended: bool) -> String {
    let what = if of_values(manifest) {
        "A number a protein, in the unit of the data.".to_owned()
    } else {
        let classes: Vec<String> = manifest.outcome.classes.iter().map(|class| format!("- {}", plain(class))).collect();
        format!("One of these classes a protein, in the order of the model's outputs:\n\n{}", classes.join("\n"))
    };
    let said = if is_recommended { plain(&view.answer.headline) } else { NOT_RECOMMENDED.to_owned() };
    format!("{what}\n\n{said}")
}

fn data(view: &View, manifest: &Manifest) -> String {
    let mut body = format!(
        "{}\n\nBLAKE3 digest of the data: `{}`.\n\n{}",
        plain(&view.data.summary),
        manifest.inputs.data,
        table(&view.split)
    );
    body += &table(&view.data.quality);
    body.extend(view.base_alone.iter().map(|sentence| format!("{}\n", plain(sentence))));
    body
}

fn training(view: &View, run: usize, manifest: &Manifest) -> String {
    let weights = match &manifest.settings.model.weights {
        Weights::Hub { name, revision, .. } => format!("`{name}` of the Hugging Face Hub, revision `{revision}`"),
        Weights::Folder { .. } => "a folder of weights".to_owned(),
        Weights::Random { .. } => "random weights".to_owned(),
    };
    let machine = &manifest.machine;
    format!(
        "Fine-tuned from {weights} (BLAKE3 `{}`) with titer {}, libtorch {}, on {}.\n\n{}",
        short(&manifest.inputs.weights),
        manifest.versions.titer,
        manifest.versions.libtorch,
        plain(machine.gpu.as_deref().unwrap_or(&machine.cpu)),
        view.runs.get(run).map(|run| table(&run.recipe)).unwrap_or_default()
    )
}

fn scores(view: &View, run: usize, inputs: &Inputs) -> String {
    let of_run = view.runs.get(run).and_then(|run| run.intervals.as_ref()).map(table).unwrap_or_default();
    let chosen = view.decision.configurations.iter().find(|configuration| configuration.runs.contains(&run));
    let over_seeds = chosen.filter(|chosen| chosen.runs.len() > 1).and_then(|chosen| {
        let (score, metric) = (chosen.score.as_ref()?, view.comparison.metric);
        let [low, high] = score.interval.map(|end| metric.written(end));
        Some(format!(
            "This is one run of {} that differ in their seeds. Their mean test {} is {} (95 % interval {low} to {high}).\n",
            chosen.runs.len(),
            metric.label,
            metric.written(score.mean),
        ))
    });
    let tested = inputs.runs[run].manifest.scored(Split::Test).map_or(0, |scores| scores.count as u64);
    let tested = format::count(tested);
    let chose = match view.decision.choice.as_ref().map(|choice| choice.by) {
        Some(By::Compared(..)) if view.decision.configurations.len() > 1 => {
            "which took no part in training; their scores chose the configuration, and are too good for that"
        }
        _ => "which took no part in training or in choosing",
    };
    if of_run.is_empty() {
        return over_seeds.unwrap_or_default();
    }
    format!("On the {tested} test proteins, {chose}.\n\n{of_run}\n{}", over_seeds.unwrap_or_default())
}

fn baselines(view: &View) -> String {
    let whose = if view.base_alone.is_some() {
        "the test proteins of the experiment file's own settings"
    } else {
        "the same test proteins"
    };
    let of = |baselines: &Baselines| format!("What simple methods reach on {whose}.\n\n{}", table(&baselines.table));
    view.baselines.as_ref().map(of).unwrap_or_default()
}

fn usage(manifest: &Manifest) -> String {
    let (last, cut) = (manifest.outcome.max_length, manifest.settings.tokens.truncate);
    let reads = if of_values(manifest) {
        "value = model(**inputs).logits[0, 0].item()  # in the unit of the data"
    } else {
        "probabilities = model(**inputs).logits.softmax(-1)[0]\nprint({model.config.id2label[i]: p.item() for i, p in enumerate(probabilities)})"
    };
    let truncated = match cut {
        Truncate::End => "longer ones lose their last residues, as in training",
        Truncate::Start => "longer ones lose their first residues, as in training",
        Truncate::Middle => "in training longer ones lost residues of their middle, which no tokenizer does: cut them before",
    };
    format!(
        "```python\nimport torch\nfrom transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n\
         folder = \".\"\n\
         tokenizer = AutoTokenizer.from_pretrained(folder)\n\
         model = AutoModelForSequenceClassification.from_pretrained(folder).eval()\n\
         inputs = tokenizer(\"MKTAYIAKQRQISFVKSHFSRQ\", return_tensors=\"pt\", truncation=True)\n\
         with torch.no_grad():\n    {}\n```\n\n\
         It reads up to {} residues; {truncated}.",
        reads.replace('\n', "\n    "),
        format::count(last.saturating_sub(2) as u64),
    )
}

fn repeat(view: &View, manifest: &Manifest) -> String {
    let mut body = format!("The run's key is `{}`.\n", manifest.key);
    for made in &view.making.experiments {
        // A fence longer than any in the file.
        let longest = made.text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = write!(
            body,
            "\n{fence}\n{}\n{fence}\n\nwith this experiment file:\n\n{fence}toml\n{}\n{fence}\n",
            made.command,
            made.text.trim_end()
        );
    }
    body
}

fn list(sentences: &[String]) -> String {
    let lines: Vec<String> = sentences.iter().map(|sentence| format!("- {}", plain(sentence))).collect();
    lines.join("\n")
}

/// A table as Markdown has it.
fn table(of: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = String::new();
    if !of.caption.is_empty() {
        let _ = write!(text, "{}\n\n", plain(&of.caption));
    }
    text += &line(of.columns.iter().map(|column| plain(&column.name)).collect());
    text += &line(of.columns.iter().map(|column| if column.kind == Kind::Number { "--:" } else { "---" }.to_owned()).collect());
    for row in &of.rows {
        text += &line(row.cells.iter().map(|cell| plain(&cell.text)).collect());
    }
    text + "\n"
}

/// Text of the data in Markdown: nothing in it is markup, and it stays on its line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '$' => plain.extend(['\\', letter]),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

fn short(digest: &str) -> String {
    digest.chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_data_call_something_is_no_markup() {
        assert_eq!(plain("a|b <script>\n**c**"), r"a\|b \<script\> \*\*c\*\*");
        let mut of = Table::new("A table.", &[("class", Kind::Text), ("n", Kind::Number)]);
        of.row(["x|y", "3"]);
        assert_eq!(table(&of), "A table.\n\n| class | n |\n| --- | --: |\n| x\\|y | 3 |\n\n");
    }
}
