//! The whole binding to the engine's library, and the process-wide calls that go with it.

#![expect(
    unsafe_code,
    reason = "calls into a C library and the C runtime; each block says why it is sound"
)]

use anyhow::{Context, Result, bail, ensure};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// Version of the library that this program was tested with; `scripts/engine` fetches it.
pub const VERSION: &str = "26.7.3-stable.1";

type QueryCommandLine = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
type SetSignalHandlers = unsafe extern "C" fn(c_int);
type ResultError = unsafe extern "C" fn(*mut c_void) -> *const c_char;

/// The loaded engine. It is never unloaded: its threads and static destructors do not survive that.
pub struct Engine {
    query_command_line: Symbol<QueryCommandLine>,
    result_error: Symbol<ResultError>,
    _library: ManuallyDrop<Library>,
}

/// Where the library is: `BARTIZAN_LIBCHDB`, else where `scripts/engine` puts it.
pub fn path() -> Result<PathBuf> {
    let set =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(file) = set("BARTIZAN_LIBCHDB") {
        ensure!(
            file.is_file(),
            "BARTIZAN_LIBCHDB names {}, which is no file; correct it or unset it",
            file.display()
        );
        return Ok(file);
    }
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    let file = cache.context("neither XDG_CACHE_HOME nor HOME is set; set BARTIZAN_LIBCHDB")?;
    let folder = file.join("bartizan/libchdb").join(VERSION);
    let file = folder.join("libchdb.so");
    ensure!(
        file.is_file() && folder.join("verified").is_file(),
        "the embedded engine is not installed ({} is missing); run `make engine`, or set store.url to a ClickHouse server",
        file.display()
    );
    Ok(file)
}

impl Engine {
    /// Loads the library.
    pub fn load(file: &Path) -> Result<Self> {
        // SAFETY: the library is the pinned and verified engine, or the file that the operator named; its initialisers
        // need nothing from us. The processor was checked for AVX2 before.
        let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) };
        let library = ManuallyDrop::new(
            library.with_context(|| format!("{} cannot be loaded", file.display()))?,
        );
        // SAFETY: the three types are those of the C declarations in chDB's `chdb.h`; the library is never unloaded, so
        // the symbols stay valid.
        let (query_command_line, set_signal_handlers, result_error) = unsafe {
            (
                library.get::<QueryCommandLine>(b"chdb_query_cmdline\0")?,
                library.get::<SetSignalHandlers>(b"chdb_set_signal_handlers_enabled\0")?,
                library.get::<ResultError>(b"chdb_result_error\0")?,
            )
        };
        // SAFETY: takes a flag, returns nothing; signals are ours to handle.
        unsafe { set_signal_handlers(0) };
        Ok(Self { query_command_line, result_error, _library: library })
    }

    /// Runs the engine with a command line; returns when it ends. Its words, if it left any.
    pub fn run(&self, arguments: &[String]) -> Result<Option<String>> {
        let owned = arguments
            .iter()
            .map(|argument| CString::new(argument.as_str()))
            .collect::<Result<Vec<_>, _>>();
        let owned = owned.context("an argument holds a zero byte")?;
        let mut pointers: Vec<*mut c_char> =
            owned.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        pointers.push(std::ptr::null_mut());
        let count = c_int::try_from(owned.len()).context("too many arguments")?;
        // SAFETY: `pointers` are `count` strings that end with zero, and a null pointer as C's `main` has it; both
        // vectors outlive the call, and the engine does not write to its arguments.
        let result = unsafe { (self.query_command_line)(count, pointers.as_mut_ptr()) };
        if result.is_null() {
            return Ok(None);
        }
        // SAFETY: `result` is what the library just returned and was not freed.
        let words = unsafe { (self.result_error)(result) };
        if words.is_null() {
            return Ok(None);
        }
        // SAFETY: the library returns text that ends with zero and lives as long as `result`, which is never freed.
        Ok(Some(unsafe { CStr::from_ptr(words) }.to_string_lossy().into_owned()))
    }
}

/// The signals that ask for a stop.
pub struct StopSignals(libc::sigset_t);

impl StopSignals {
    /// Blocks SIGTERM and SIGINT in this thread and in all that it starts later, and ignores SIGPIPE.
    pub fn block() -> Result<Self> {
        let mut set = std::mem::MaybeUninit::uninit();
        // SAFETY: `set` is initialised by `sigemptyset` before it is read; the calls take valid pointers.
        let (set, failed) = unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), libc::SIGTERM);
            libc::sigaddset(set.as_mut_ptr(), libc::SIGINT);
            let set = set.assume_init();
            let failed =
                libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            (set, failed)
        };
        match failed {
            0 => Ok(Self(set)),
            code => bail!("signals cannot be blocked: {}", std::io::Error::from_raw_os_error(code)),
        }
    }

    /// Waits for one of them.
    pub fn wait(&self) {
        let mut signal = 0;
        // SAFETY: both pointers are valid for the call; the set holds valid signals, so it fails with EINTR at most.
        while unsafe { libc::sigwait(&raw const self.0, &raw mut signal) } != 0 {}
    }
}

/// Ends the process at once, without the engine's destructors, which take seconds and may crash.
pub fn end(code: i32) -> ! {
    // SAFETY: ends the process; everything acknowledged is on disk.
    unsafe { libc::_exit(code) }
}
