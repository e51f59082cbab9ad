//! FIX 4.4 session messages, tag=value with the standard header and trailer.

use crate::moment;
use model::Time;

/// One side of a session: who it is, whom it speaks to, and the number of its next message.
#[derive(Debug, Clone)]
pub struct Session {
    /// SenderCompID.
    pub sender: &'static str,
    /// TargetCompID.
    pub target: &'static str,
    /// MsgSeqNum of the next message.
    pub next: u32,
}

impl Session {
    /// Logon, with a heartbeat interval in seconds.
    pub fn logon(&mut self, at: Time, heartbeat_s: u32) -> Vec<u8> {
        self.message("A", at, &format!("98=0\x01108={heartbeat_s}\x01"))
    }

    /// Heartbeat.
    pub fn heartbeat(&mut self, at: Time) -> Vec<u8> {
        self.message("0", at, "")
    }

    /// Logout.
    pub fn logout(&mut self, at: Time) -> Vec<u8> {
        self.message("5", at, "")
    }

    fn message(&mut self, kind: &str, at: Time, fields: &str) -> Vec<u8> {
        let time = moment::format(at, "%Y%m%d-%H:%M:%S%.3f");
        let body = format!(
            "35={kind}\x0149={}\x0156={}\x0134={}\x0152={time}\x01{fields}",
            self.sender, self.target, self.next
        );
        self.next += 1;
        let message = format!("8=FIX.4.4\x019={}\x01{body}", body.len());
        let sum = message.bytes().fold(0_u8, u8::wrapping_add);
        format!("{message}10={sum:03}\x01").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Body length and checksum counted apart: 35=0␁ (5) + 49=A␁ (5) + 56=B␁ (5) + 34=2␁ (5) + 52=…␁ (25).
    #[test]
    fn a_heartbeat_has_the_length_and_the_sum_of_its_bytes() {
        let mut session = Session { sender: "A", target: "B", next: 2 };
        let message = session.heartbeat("2026-03-12T12:00:00Z".parse().expect("a time"));
        let text = String::from_utf8(message.clone()).expect("ASCII").replace('\x01', "|");
        assert!(
            text.starts_with("8=FIX.4.4|9=45|35=0|49=A|56=B|34=2|52=20260312-12:00:00.000|10="),
            "{text}"
        );
        let sum: u32 = message[..message.len() - 7].iter().map(|byte| u32::from(*byte)).sum();
        assert!(text.ends_with(&format!("10={:03}|", sum % 256)), "{text}");
    }
}
