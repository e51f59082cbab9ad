//! The script that fetches the engine: it installs the verified library, or nothing, and says why.

use bartizan_tests::root;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "bartizan/libchdb/26.7.3-stable.1";
/// Nothing listens there: the "discard" port, closed on any machine of ours.
const NOBODY: &str = "http://127.0.0.1:9";

/// Runs the script with a cache of its own and without npm's own way; its success, output and error.
fn fetch(cache: &Path, registry: &str) -> (bool, String, String) {
    let output = Command::new(root().join("scripts/engine"))
        .env("XDG_CACHE_HOME", cache)
        .env("BARTIZAN_NPM_REGISTRY", registry)
        .env("npm_config_registry", NOBODY)
        .env("npm_config_fetch_retries", "0")
        .env_remove("BARTIZAN_LIBCHDB")
        .output()
        .expect("bash runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// Everything in the cache but the lock.
fn left_in(cache: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(cache.join(FOLDER)).expect("the folder is made").flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "lock")
        .collect()
}

/// Answers one request with bytes that are no package.
fn wrong_registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the script asks");
        let mut request = [0; 4096];
        let length = stream.read(&mut request).expect("a request");
        let asked = String::from_utf8_lossy(&request[..length]).into_owned();
        assert!(
            asked.starts_with(
                "GET /@chdb/lib-linux-x64-gnu/-/lib-linux-x64-gnu-26.7.3-stable.1.tgz "
            ),
            "{asked}"
        );
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwrong")
            .expect("an answer");
    });
    url
}

/// The library that `make engine` installed for the tests.
fn installed() -> PathBuf {
    let output = Command::new(root().join("scripts/engine")).output().expect("bash runs");
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    assert!(path.is_file(), "the tests need the embedded engine: run `make engine`");
    path
}

#[test]
fn without_a_network_and_without_a_cache_nothing_is_left_behind() {
    let cache = tempfile::tempdir().expect("a folder");
    let (done, _, words) = fetch(cache.path(), NOBODY);
    assert!(
        !done && words.contains("could not be fetched") && words.contains("BARTIZAN_LIBCHDB"),
        "{words}"
    );
    assert_eq!(left_in(cache.path()), [""; 0]);
}

#[test]
fn other_bytes_than_the_pinned_ones_are_not_installed() {
    let cache = tempfile::tempdir().expect("a folder");
    let (done, _, words) = fetch(cache.path(), &wrong_registry());
    assert!(
        !done && words.contains("checksum differs") && words.contains("nothing was installed"),
        "{words}"
    );
    assert_eq!(left_in(cache.path()), [""; 0]);
}

#[test]
fn a_damaged_library_is_noticed_and_never_used() {
    let cache = tempfile::tempdir().expect("a folder");
    let folder = cache.path().join(FOLDER);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("libchdb.so"), "damaged").expect("written");
    let (done, path, words) = fetch(cache.path(), NOBODY);
    assert!(!done && path.is_empty() && words.contains("is damaged"), "{words}");
    assert_eq!(left_in(cache.path()), [""; 0]);
}

#[test]
fn an_installed_library_needs_no_network_and_two_may_ask_at_once() {
    let cache = tempfile::tempdir_in(installed().parent().expect("a folder"))
        .expect("a folder on the same disk");
    let folder = cache.path().join(FOLDER);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::hard_link(installed(), folder.join("libchdb.so")).expect("one disk");
    std::thread::scope(|threads| {
        let asked = [(); 2].map(|()| threads.spawn(|| fetch(cache.path(), NOBODY)));
        for answer in asked {
            let (done, path, words) = answer.join().expect("it ends");
            assert!(done, "{words}");
            assert_eq!(path, folder.join("libchdb.so").to_string_lossy());
        }
    });
    assert!(folder.join("verified").is_file());
}
