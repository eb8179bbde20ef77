//! The report says what the tables hold, and writes it the same way every time.

pub mod fixture;

use titer::report::{self, View};

use self::fixture::Course;

#[test]
fn what_lies_on_disk_is_what_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let data = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[130, 110]);
    let mut inputs = data.inputs(&[Course::at(2e-5, 1.4), Course::at(1e-4, 1.5)]);
    inputs.failures.push(fixture::failed(2, 1.0, "the worker ended by signal 9"));
    let results = fixture::lay(&inputs, folder.path());
    let read = report::Inputs::read(&results).unwrap();
    assert_eq!(View::new(&read), View::new(&inputs));
    let path = report::write(&results).unwrap();
    let first = fs_err::read(&path).unwrap();
    report::write(&results).unwrap();
    assert!(first == fs_err::read(&path).unwrap(), "the same tables give the same bytes");
}
