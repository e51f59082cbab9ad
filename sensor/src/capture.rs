//! Where frames come from: one trait, and a file for each way.

pub mod file;
pub mod listing;

use model::Time;

/// One frame as it was on the wire.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// When it was captured.
    pub time: Time,
    /// Link type, numbered as in capture files (LINKTYPE_…).
    pub link: u32,
    /// Length on the wire in bytes; more than `bytes` if the frame was snapped.
    pub wire_length: u32,
    /// What was captured of it.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for Frame<'_> {
    /// The bytes may hold what is never kept: their number is told.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Frame")
            .field("time", &self.time)
            .field("link", &self.link)
            .field("wire_length", &self.wire_length)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// What a source has next.
#[derive(Debug, Clone, Copy)]
pub enum Next<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// No frame, but the capture clock has got here: an idle live link.
    Tick(Time),
    /// A record that holds no usable frame; the bytes it had on the wire.
    Unusable(u32),
    /// Nothing more will come.
    End,
}

/// A source of frames.
pub trait Source {
    /// What comes next. After an error or [`Next::End`] nothing more does.
    fn next(&mut self) -> Result<Next<'_>, Damage>;

    /// Bytes read from the medium so far, for progress.
    fn position(&self) -> u64;
}

/// The rest of a capture cannot be read; all before it was.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It ends in the middle of a record, as a copy that was interrupted does.
    #[error("it ends in the middle of a packet, {0} bytes in; all packets before that were kept")]
    Truncated(u64),
    /// Bytes that are no record.
    #[error("it is damaged {0} bytes in; all packets before that were kept")]
    Damaged(u64),
    /// The medium failed.
    #[error("reading failed {0} bytes in ({1}); all packets before that were kept")]
    Unreadable(u64, std::io::Error),
}

/// A capture cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("{0}: there is no such file; check the path")]
    Missing(String),
    /// Permission denied.
    #[error("{0}: permission denied; run as a user who may read it, or chmod it")]
    Denied(String),
    /// It is neither pcap nor pcapng.
    #[error(
        "{0}: this is not a capture; give a pcap or pcapng file (plain or gzip), such as tcpdump -w writes"
    )]
    NotACapture(String),
    /// It ends before its first packet.
    #[error("{0}: the file was cut short before its first packet; copy or record it again")]
    CutShort(String),
    /// It has no byte.
    #[error("{0}: the file is empty; a capture has at least a header")]
    Empty(String),
    /// A folder without captures.
    #[error(
        "{0}: no capture in this folder; captures end in .pcap, .pcapng or .cap, with or without .gz"
    )]
    EmptyFolder(String),
    /// Anything else.
    #[error("{0}: cannot be read ({1})")]
    Other(String, std::io::Error),
}

impl OpenError {
    /// The right words for an I/O error at `path`.
    pub fn new(path: &std::path::Path, error: std::io::Error) -> Self {
        let name = path.display().to_string();
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing(name),
            std::io::ErrorKind::PermissionDenied => Self::Denied(name),
            std::io::ErrorKind::UnexpectedEof => Self::CutShort(name),
            _ => Self::Other(name, error),
        }
    }
}
