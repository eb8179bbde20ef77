//! Tables from UniProt: the label rule, the order, and what can go wrong on the way.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use fs_err as fs;
use tempfile::TempDir;
use titer::fetch::{
    Error,
    uniprot::{Outcome, Readings, Service, Source, source_path},
};
use titer_core::{
    exit::Exit,
    experiment::{FetchSettings, LabelRule, RuleClass},
};

use crate::skip::Skip;

use super::{
    HURRIED, nowhere,
    server::{Reply, Request, Server},
    sha256,
};

const LOCATION: &str = "Subcellular location [CC]";

/// What UniProt holds, and what it does wrong, how many more times.
#[derive(Clone)]
pub struct UniProt {
    pub proteins: Vec<[String; 3]>,
    pub release: &'static str,
    pub page: usize,
    /// No answer under `stream`.
    pub no_stream: bool,
    /// Bytes after which a stream's line breaks.
    pub stream_breaks_after: Option<usize>,
    /// Bytes after which the line of the next pages breaks.
    pub pages_break_after: Vec<usize>,
    /// Answers of this status, with a second's worth of patience asked for.
    pub refuses: Vec<u16>,
    /// From this page on, pages are of another release.
    pub release_changes_at: Option<usize>,
    /// From this page on, there are none.
    pub dies_at: Option<usize>,
}

impl Default for UniProt {
    fn default() -> Self {
        let location = |i: usize| match i % 5 {
            0 | 1 => "SUBCELLULAR LOCATION: Nucleus {ECO:0000305}.",
            2 | 3 => "SUBCELLULAR LOCATION: Cytoplasm, \"cytosol\".",
            _ => "SUBCELLULAR LOCATION: Nucleus. Cytoplasm.",
        };
        // Not in alphabetical order: UniProt ranks by how well a protein is annotated.
        let protein = |i: usize| [format!("P{:05}", 97 * i % 1000), "MKV".repeat(i % 7 + 1), location(i).to_owned()];
        Self {
            proteins: (0..50).map(protein).collect(),
            release: "2026_03",
            page: 20,
            no_stream: false,
            stream_breaks_after: None,
            pages_break_after: Vec::new(),
            refuses: Vec::new(),
            release_changes_at: None,
            dies_at: None,
        }
    }
}

impl UniProt {
    pub fn serve(self) -> Server {
        let state = Arc::new(Mutex::new(self));
        Server::start(move |request| state.lock().unwrap().answer(request))
    }

    pub fn answer(&mut self, request: &Request) -> Reply {
        if let Some(status) = self.refuses.pop() {
            return Reply::new(status, "").with("Retry-After", "1");
        }
        if request.query["query"] == "nonsense(" {
            return Reply::new(400, r#"{"messages":["query parameter has an invalid syntax"]}"#);
        }
        if request.query["fields"] != "accession,sequence,cc_subcellular_location" || request.query["format"] != "tsv" {
            return Reply::new(400, r#"{"messages":["this server knows one kind of answer"]}"#);
        }
        match request.path.as_str() {
            "/uniprotkb/stream" if !self.no_stream => {
                let mut reply = self.reply(&self.proteins, request);
                reply.breaks_after = self.stream_breaks_after;
                reply
            }
            "/uniprotkb/search" => self.page(request),
            _ => Reply::new(404, ""),
        }
    }

    fn page(&mut self, request: &Request) -> Reply {
        let total = self.proteins.len();
        let size = request.query["size"].parse::<usize>().unwrap().min(self.page);
        let start = request.query.get("cursor").map_or(0, |cursor| cursor.strip_prefix("at/").unwrap().parse().unwrap());
        if size > 1 && self.dies_at.is_some_and(|page| start >= page * self.page) {
            return Reply::new(404, "");
        }
        let end = (start + size).min(total);
        let mut reply = self.reply(&self.proteins[start..end], request).with("X-Total-Results", total.to_string());
        if size > 1 {
            reply.breaks_after = self.pages_break_after.pop().filter(|&bytes| bytes < reply.body.len());
            if self.release_changes_at.is_some_and(|page| start >= page * self.page) {
                self.release = "2026_04";
                reply.headers.retain(|(name, _)| *name != "X-UniProt-Release");
                reply = reply.with("X-UniProt-Release", self.release);
            }
        }
        if end < total {
            // The address is another than the one that was asked, as behind a mirror.
            let next = format!("<https://rest.uniprot.org/uniprotkb/search?fields=a,b&cursor=at%2F{end}&size=500>; rel=\"next\"");
            reply = reply.with("Link", next);
        }
        reply
    }

    fn reply(&self, proteins: &[[String; 3]], request: &Request) -> Reply {
        let mut text = format!("Entry\tSequence\t{LOCATION}\n");
        for protein in proteins {
            text += &(protein.join("\t") + "\n");
        }
        let body = if request.query.get("compressed").is_some_and(|value| value == "true") { gzip(&text) } else { text.into() };
        Reply::new(200, body).with("X-UniProt-Release", self.release).with("X-UniProt-Release-Date", "02-September-2026")
    }

    /// The table that must come out.
    pub fn table(&self) -> String {
        let rows = |label: &str, has: &str, lacks: &str| -> String {
            let quoted = |text: &str| {
                if text.contains(['"', ',']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
            };
            let labelled = self.proteins.iter().filter(|[.., location]| location.contains(has) && !location.contains(lacks));
            labelled
                .map(|[id, sequence, location]| [id, ",", sequence, ",", &quoted(location), ",", label, "\n"].concat())
                .collect()
        };
        format!("Entry,Sequence,{LOCATION},label\n{}{}", rows("1", "Nucleus", "Cytoplasm"), rows("0", "Cytoplasm", "Nucleus"))
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn settings() -> FetchSettings {
    let class = |contains: &str, excludes: &str| RuleClass {
        contains: vec![contains.into()],
        excludes: vec![excludes.into()],
        ..RuleClass::default()
    };
    FetchSettings {
        query: "(organism_id:9606) AND (reviewed:true) AND (length:[80 TO 500])".into(),
        fields: vec!["cc_subcellular_location".into()],
        label: LabelRule {
            column: LOCATION.into(),
            classes: BTreeMap::from([("0".into(), class("Cytoplasm", "Nucleus")), ("1".into(), class("Nucleus", "Cytoplasm"))]),
        },
        sha256: None,
    }
}

struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn table(&self) -> PathBuf {
        self.folder.path().join("data/proteins.csv")
    }

    fn make(&self, url: &str) -> Result<Outcome, Error> {
        self.make_by(url, &settings())
    }

    fn make_by(&self, url: &str, settings: &FetchSettings) -> Result<Outcome, Error> {
        Service::new(url).with_patience(HURRIED).make(settings, &self.table())
    }

    fn text(&self) -> String {
        fs::read_to_string(self.table()).unwrap()
    }

    /// Names of the files in `data/`, sorted.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("data")).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn paths(server: &Server) -> Vec<String> {
    let path = |request: Request| match request.query.get("cursor") {
        Some(cursor) => format!("{} {cursor}", request.path),
        None => format!("{} {}", request.path, request.query.get("size").map_or("", String::as_str)),
    };
    server.asked().into_iter().map(path).map(|path| path.trim_start_matches("/uniprotkb/").trim_end().to_owned()).collect()
}

#[test]
fn a_stream_becomes_a_labelled_table_with_its_source_beside_it() {
    let (uniprot, project) = (UniProt::default(), Project::new());
    let server = uniprot.clone().serve();
    let outcome = project.make(&server.url).unwrap();
    assert_eq!(project.text(), uniprot.table());
    assert_eq!(project.files(), ["proteins.csv", "proteins.csv.source.json"]);
    assert_eq!(paths(&server), ["search 1", "stream"]);

    let source = Source::read(&project.table()).unwrap();
    assert_eq!(outcome, Outcome::Made(source.clone()));
    assert_eq!(source.sha256, sha256(uniprot.table().as_bytes()));
    let shown = serde_json::to_string_pretty(&Source { sha256: "…".into(), ..source }).unwrap();
    insta::assert_snapshot!(shown, @r#"
    {
      "format": 1,
      "database": "UniProtKB",
      "licence": "CC BY 4.0",
      "release": "2026_03",
      "release_date": "02-September-2026",
      "query": "(organism_id:9606) AND (reviewed:true) AND (length:[80 TO 500])",
      "fields": [
        "accession",
        "sequence",
        "cc_subcellular_location"
      ],
      "label": {
        "column": "Subcellular location [CC]",
        "classes": {
          "0": {
            "contains": [
              "Cytoplasm"
            ],
            "excludes": [
              "Nucleus"
            ]
          },
          "1": {
            "contains": [
              "Nucleus"
            ],
            "excludes": [
              "Cytoplasm"
            ]
          }
        }
      },
      "fetched": 50,
      "kept": 40,
      "labels": {
        "0": 20,
        "1": 20
      },
      "readings": {
        "only_substrings": 0,
        "only_terms": 0,
        "other_label": 0
      },
      "sha256": "…"
    }
    "#);
}

#[test]
fn the_seeds_file_comes_out_in_its_order() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/uniprot_cytoplasm_nucleus.csv");
    if !seed.exists() {
        Skip::NoShared.because(&format!("{} is not there", seed.display()));
        return;
    }
    let mut reader = csv::Reader::from_path(&seed).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let order = |records: &[csv::StringRecord], entry: usize, label: usize| -> Vec<(String, String)> {
        records.iter().map(|record| (record[entry].to_owned(), record[label].to_owned())).collect()
    };
    // UniProt knows no labels: the two classes come mixed, each in its order.
    let (ones, zeros): (Vec<_>, Vec<_>) = rows.iter().partition(|row| &row[4] == "1");
    let (mut ones, mut zeros) = (ones.into_iter(), zeros.into_iter());
    let mixed = std::iter::from_fn(|| Some([zeros.next(), ones.next()])).take(rows.len()).flatten().flatten();
    let proteins = mixed.map(|row| [1, 2, 3].map(|column| row[column].to_owned())).collect();

    let project = Project::new();
    let outcome = project.make(&UniProt { proteins, page: 500, ..UniProt::default() }.serve().url).unwrap();
    let made: Vec<csv::StringRecord> = csv::Reader::from_path(project.table()).unwrap().records().map(Result::unwrap).collect();
    assert_eq!(order(&made, 0, 3), order(&rows, 1, 4));
    assert_eq!(made.len(), 3585);
    // The notebook's rule takes what is said in notes and of isoforms, and "Cytoplasmic vesicle" as the cytoplasm.
    let Outcome::Made(source) = outcome else { panic!("{outcome:?}") };
    assert_eq!(source.readings, Some(Readings { only_substrings: 486, only_terms: 0, other_label: 0 }));
}

/// A rule of the same two classes by whole locations.
fn by_terms() -> FetchSettings {
    let class = |term: &str, excluded: &str| RuleClass {
        terms: vec![term.into()],
        excludes_terms: vec![excluded.into()],
        ..RuleClass::default()
    };
    let classes = BTreeMap::from([("0".into(), class("Cytoplasm", "Nucleus")), ("1".into(), class("Nucleus", "Cytoplasm"))]);
    FetchSettings { label: LabelRule { column: LOCATION.into(), classes }, ..settings() }
}

#[test]
fn terms_label_by_whole_locations_and_substrings_by_whatever_the_text_holds() {
    let texts = [
        ("P1", "Nucleus."),
        ("P2", "Cytoplasm, cytosol."),
        ("P3", "Cytoplasmic vesicle, secretory vesicle membrane; Single-pass membrane protein."),
        ("P4", "Mitochondrion. Note=Never seen in the Cytoplasm."),
        ("P5", "[Isoform 1]: Secreted.; SUBCELLULAR LOCATION: [Isoform 2]: Nucleus."),
        ("P6", "Nucleus {ECO:0000305}. Note=Never seen in the Cytoplasm."),
        ("P7", "Cytoplasm. Note=Away from the Nucleus."),
    ];
    let protein = |(id, text): (&str, &str)| [id.to_owned(), "MKV".to_owned(), format!("SUBCELLULAR LOCATION: {text}")];
    let uniprot = UniProt { proteins: texts.map(protein).to_vec(), ..UniProt::default() };
    let labelled = |settings: &FetchSettings| {
        let project = Project::new();
        let Ok(Outcome::Made(source)) = project.make_by(&uniprot.clone().serve().url, settings) else { panic!() };
        let mut reader = csv::Reader::from_path(project.table()).unwrap();
        let rows: Vec<_> = reader.records().map(Result::unwrap).map(|row| (row[0].to_owned(), row[3].to_owned())).collect();
        (rows.iter().map(|(id, label)| format!("{id}={label}")).collect::<Vec<_>>().join(" "), source)
    };
    let (as_terms, source) = labelled(&by_terms());
    assert_eq!(as_terms, "P1=1 P6=1 P2=0 P7=0");
    assert_eq!(source.readings, Some(Readings { only_substrings: 3, only_terms: 2, other_label: 0 }));
    let (as_substrings, other) = labelled(&settings());
    assert_eq!(as_substrings, "P1=1 P5=1 P2=0 P3=0 P4=0");
    assert_eq!(other.readings, source.readings);
}

#[test]
fn a_term_that_no_protein_has_is_named() {
    let mut settings = by_terms();
    settings.label.classes.get_mut("1").unwrap().terms.push("Nucleoplasm".into());
    let outcome = Project::new().make_by(&UniProt::default().serve().url, &settings).unwrap();
    let Outcome::Made(source) = outcome else { panic!("{outcome:?}") };
    assert_eq!(source.unseen_terms, ["Nucleoplasm"]);
}

#[test]
fn a_stream_that_breaks_off_is_replaced_by_pages() {
    let whole = UniProt::default();
    for broken in [UniProt { stream_breaks_after: Some(100), ..whole.clone() }, UniProt { no_stream: true, ..whole.clone() }] {
        let (server, project) = (broken.serve(), Project::new());
        project.make(&server.url).unwrap();
        assert_eq!(project.text(), whole.table());
        assert_eq!(paths(&server), ["search 1", "stream", "search 1", "search 500", "search at/20", "search at/40"]);
        assert_eq!(project.files(), ["proteins.csv", "proteins.csv.source.json"]);
    }
}

#[test]
fn a_stream_that_is_one_protein_short_is_not_taken_for_whole() {
    let whole = UniProt::default();
    let state = Mutex::new(whole.clone());
    let server = Server::start(move |request| {
        let mut uniprot = state.lock().unwrap();
        if request.path.ends_with("stream") { uniprot.reply(&uniprot.proteins[1..], request) } else { uniprot.answer(request) }
    });
    let project = Project::new();
    project.make(&server.url).unwrap();
    assert_eq!(project.text(), whole.table());
}

#[test]
fn a_compressed_answer_that_ends_early_is_not_taken_for_whole() {
    let whole = UniProt::default();
    let (state, mut cut) = (Mutex::new(whole.clone()), 2);
    // The stream, then the first page: less than was compressed, though the line holds and the length is right.
    let server = Server::start(move |request| {
        let mut reply = state.lock().unwrap().answer(request);
        if request.query.contains_key("compressed") && cut > 0 {
            cut -= 1;
            reply.body.truncate(reply.body.len() - 20);
        }
        reply
    });
    let project = Project::new();
    project.make(&server.url).unwrap();
    assert_eq!(project.text(), whole.table());
    assert_eq!(paths(&server)[1..5], ["stream", "search 1", "search 500", "search 500"]);
}

#[test]
fn pages_are_taken_up_where_an_earlier_call_was_broken_off() {
    let whole = UniProt::default();
    let project = Project::new();
    let dying = UniProt { no_stream: true, dies_at: Some(2), ..whole.clone() }.serve();
    let error = project.make(&dying.url).unwrap_err();
    assert!(matches!(error, Error::Status { status: 404, .. }), "{error:?}");
    assert_eq!(project.files(), ["proteins.csv.part", "proteins.csv.part.json"]);
    // What a kill in the middle of a write leaves past the last whole page.
    let part = project.folder.path().join("data/proteins.csv.part");
    fs::OpenOptions::new().append(true).open(&part).unwrap().write_all(b"P00").unwrap();

    let server = whole.clone().serve();
    project.make(&server.url).unwrap();
    assert_eq!(project.text(), whole.table());
    assert_eq!(paths(&server), ["search at/40"]);
    assert_eq!(project.files(), ["proteins.csv", "proteins.csv.source.json"]);
}

#[test]
fn another_query_does_not_go_on_with_the_pages_of_the_first() {
    let whole = UniProt::default();
    let project = Project::new();
    let dying = UniProt { no_stream: true, dies_at: Some(2), ..whole.clone() }.serve();
    project.make(&dying.url).unwrap_err();
    let server = whole.clone().serve();
    project.make_by(&server.url, &FetchSettings { query: "reviewed:true".into(), ..settings() }).unwrap();
    assert_eq!(paths(&server), ["search 1", "stream"]);
    assert_eq!(project.text(), whole.table());
}

#[test]
fn a_release_that_changes_under_way_begins_again() {
    let whole = UniProt::default();
    let (server, project) = (UniProt { no_stream: true, release_changes_at: Some(1), ..whole.clone() }.serve(), Project::new());
    let Outcome::Made(source) = project.make(&server.url).unwrap() else { panic!("it was made") };
    assert_eq!(source.release, "2026_04");
    assert_eq!(project.text(), whole.table());
}

#[test]
fn a_page_that_breaks_off_is_asked_for_again() {
    let whole = UniProt::default();
    let (server, project) =
        (UniProt { no_stream: true, pages_break_after: vec![30, 5], ..whole.clone() }.serve(), Project::new());
    project.make(&server.url).unwrap();
    assert_eq!(project.text(), whole.table());
}

#[test]
fn a_busy_service_is_asked_again_and_given_up_at_last() {
    let whole = UniProt::default();
    let (server, project) = (UniProt { refuses: vec![500, 429, 503], ..whole.clone() }.serve(), Project::new());
    project.make(&server.url).unwrap();
    assert_eq!(project.text(), whole.table());

    let (server, project) = (UniProt { refuses: vec![500; 5], ..whole }.serve(), Project::new());
    let error = project.make(&server.url).unwrap_err();
    assert!(matches!(error, Error::Status { status: 500, .. }), "{error:?}");
    assert_eq!(error.exit(), Exit::Input);
    assert!(!project.table().exists());
}

#[test]
fn a_table_that_is_there_is_not_fetched_again() {
    let (server, project) = (UniProt::default().serve(), Project::new());
    let Outcome::Made(source) = project.make(&server.url).unwrap() else { panic!("it was made") };
    assert_eq!(project.make(&nowhere()).unwrap(), Outcome::WasThere(Some(source.clone())));
    let pinned = FetchSettings { sha256: Some(source.sha256.to_uppercase()), ..settings() };
    assert_eq!(project.make_by(&nowhere(), &pinned).unwrap(), Outcome::WasThere(Some(source)));
}

#[test]
fn no_table_stands_without_the_record_of_its_source() {
    let (uniprot, project) = (UniProt::default(), Project::new());
    let server = uniprot.clone().serve();
    let record = project.folder.path().join("data/proteins.csv.source.json");
    fs::create_dir_all(record.join("in the way")).unwrap();
    let error = project.make(&server.url).unwrap_err();
    assert!(matches!(error, Error::Write { .. }), "{error:?}");
    assert!(!project.table().exists());

    fs::remove_dir_all(&record).unwrap();
    project.make(&nowhere()).unwrap();
    assert_eq!(project.text(), uniprot.table());
}

#[test]
fn another_label_rule_makes_the_table_anew() {
    let (server, project) = (UniProt::default().serve(), Project::new());
    project.make(&server.url).unwrap();
    let mut other = settings();
    other.label.classes.remove("0");
    let Outcome::Made(source) = project.make_by(&server.url, &other).unwrap() else { panic!("it was made") };
    assert_eq!(source.kept, 20);
}

#[test]
fn a_file_that_titer_did_not_write_is_never_replaced() {
    let (server, project) = (UniProt::default().serve(), Project::new());
    fs::create_dir(project.folder.path().join("data")).unwrap();
    fs::write(project.table(), "mine").unwrap();
    assert_eq!(project.make(&server.url).unwrap(), Outcome::WasThere(None));
    let pinned = FetchSettings { sha256: Some(sha256(b"another")), ..settings() };
    let error = project.make_by(&server.url, &pinned).unwrap_err();
    assert!(matches!(error, Error::WrongSha256 { .. }), "{error:?}");
    assert_eq!(project.text(), "mine");

    fs::remove_file(project.table()).unwrap();
    project.make(&server.url).unwrap();
    fs::write(project.table(), "changed by hand").unwrap();
    let error = project.make(&server.url).unwrap_err();
    assert!(matches!(error, Error::Changed { .. }), "{error:?}");
    assert_eq!(project.text(), "changed by hand");
}

#[test]
fn a_wrong_sha256_keeps_what_was_sent_and_says_how_to_take_it() {
    let (uniprot, project) = (UniProt::default(), Project::new());
    let server = uniprot.clone().serve();
    let pinned = |sha256: String| FetchSettings { sha256: Some(sha256), ..settings() };
    let error = project.make_by(&server.url, &pinned(sha256(b"last year's"))).unwrap_err();
    assert_eq!(error.exit(), Exit::Input);
    let Error::WrongSha256 { found, advice, .. } = error else { panic!("{error:?}") };
    assert_eq!(found, sha256(uniprot.table().as_bytes()));
    assert!(advice.contains("2026_03") && advice.contains(&found), "{advice}");
    assert!(!project.table().exists() && !source_path(&project.table()).exists());
    // With the pin set right, nothing has to be sent again.
    project.make_by(&nowhere(), &pinned(found)).unwrap();
    assert_eq!(project.text(), uniprot.table());
}

#[test]
fn what_the_file_asks_wrongly_is_said() {
    let (server, project) = (UniProt::default().serve(), Project::new());
    let error = project.make_by(&server.url, &FetchSettings { query: "nonsense(".into(), ..settings() }).unwrap_err();
    assert!(matches!(&error, Error::BadQuery { message, .. } if message.contains("invalid syntax")), "{error:?}");
    assert_eq!(error.exit(), Exit::Usage);

    let mut other = settings();
    other.label.column = "Subcellular location".into();
    let error = project.make_by(&server.url, &other).unwrap_err();
    assert!(matches!(&error, Error::NoColumn { columns, .. } if columns.contains(LOCATION)), "{error:?}");
    assert_eq!(error.exit(), Exit::Usage);

    let mut other = settings();
    for class in other.label.classes.values_mut() {
        class.contains = vec!["nowhere".into()];
    }
    let error = project.make_by(&server.url, &other).unwrap_err();
    assert!(matches!(error, Error::NothingLabelled { fetched: 50, .. }), "{error:?}");
    assert!(!project.table().exists());

    let (empty, project) = (UniProt { proteins: Vec::new(), ..UniProt::default() }.serve(), Project::new());
    let error = project.make(&empty.url).unwrap_err();
    assert!(matches!(error, Error::NothingFound { .. }), "{error:?}");
    assert!(project.files().is_empty());
}

#[test]
fn a_table_must_be_named_as_one() {
    let project = Project::new();
    let target = project.folder.path().join("proteins.parquet");
    let error = Service::new(&nowhere()).make(&settings(), &target).unwrap_err();
    assert!(matches!(error, Error::NotCsv { .. }), "{error:?}");
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn no_network_is_said_at_once_with_what_to_do_and_leaves_nothing() {
    let project = Project::new();
    let error = project.make(&nowhere()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(error.exit(), Exit::Input);
    assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("titer fetch FILE"));
    assert!(project.files().is_empty());
}

#[test]
fn a_server_that_is_no_uniprot_is_recognised() {
    let server = Server::start(|_| Reply::new(200, "<html>Welcome to the hotel's network</html>"));
    let error = Project::new().make(&server.url).unwrap_err();
    assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
}
