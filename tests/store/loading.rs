//! Files of Native blocks into the store, by the program.

use bartizan_tests::{RunningStore, program};
use model::batch::{Batch, Form};
use model::{Ledger, Time};
use std::path::Path;
use std::process::Command;
use store::{Question, Role};

fn block(first: u64, rows: u64) -> Vec<u8> {
    let mut batch = Batch::new(Form::Native);
    for packets in first..first + rows {
        batch.push(&Ledger {
            minute: Time(0),
            tap: "A".into(),
            worker: 0,
            stage: "flow".into(),
            reason: "kept".into(),
            packets,
            bytes: 0,
            records: 0,
        });
    }
    batch.blocks()[0].to_native()
}

/// What `bartizan-store load` prints, and whether it succeeded.
fn load(database: &str, path: &Path) -> (bool, String) {
    let shared = RunningStore::shared();
    let output = Command::new(program("bartizan-store"))
        .args(["--database", database, "--folder"])
        .arg(shared.folder())
        .arg("load")
        .arg(path)
        .output()
        .expect("the program starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn a_folder_is_loaded_once_however_often_it_is_loaded() {
    let session = RunningStore::shared().open("loading", Role::Reader).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, blocks: &[Vec<u8>]| {
        std::fs::write(folder.path().join(name), blocks.concat()).expect("written");
    };
    file("ledger-0001.native", &[block(1, 10), block(11, 5)]);
    file("ledger-0002.native", &[block(16, 1)]);
    file("notes.txt", &[b"not loaded".to_vec()]);
    for _ in 0..2 {
        let (loaded, said) = load(session.database(), folder.path());
        assert!(loaded && said.contains("ledger") && said.contains("16 rows"), "{said}");
    }
    let sum = Question::new("sum", "SELECT count(), sum(packets) FROM ledger");
    let (bytes, _) = session.ask_raw(&sum, "CSV").await.expect("an answer");
    assert_eq!(&bytes[..], b"16,136\n");
}

#[tokio::test]
async fn a_file_that_is_cut_or_not_ours_is_refused_before_anything_is_sent() {
    let session = RunningStore::shared().open("loading_wrong", Role::Reader).await;
    let folder = tempfile::tempdir().expect("a folder");
    let check = |name: &str, bytes: &[u8], expected: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).expect("written");
        let (loaded, said) = load(session.database(), &file);
        assert!(!loaded && said.contains(expected) && !said.contains("panicked"), "{name}: {said}");
    };
    let whole = block(1, 10);
    check("ledger-1.native", &whole[..whole.len() - 1], "middle of a block");
    check("ledger-2.native", b"tap,packets\nA,1\n", "byte");
    check("ledger.native", &whole, "TABLE-NUMBER.native");
    check("absent-1.native", &whole, "E-STORE-005");
    let count = Question::new("count", "SELECT count() FROM ledger");
    let (bytes, _) = session.ask_raw(&count, "CSV").await.expect("an answer");
    assert_eq!(&bytes[..], b"0\n");
}
