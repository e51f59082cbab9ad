//! ISO 8583:1987 network management: 0800 echo and its 0810, ASCII with binary bitmaps, after a length of two bytes.

pub mod financial;

use model::Time;

/// A request with trace number `stan` (below a million): DE7, DE11, and DE70 = 301, echo.
pub fn echo_request(at: Time, stan: u32) -> Vec<u8> {
    message("0800", at, stan, None)
}

/// Its answer: DE39 = 00 besides.
pub fn echo_response(at: Time, stan: u32) -> Vec<u8> {
    message("0810", at, stan, Some("00"))
}

fn message(kind: &str, at: Time, stan: u32, response: Option<&str>) -> Vec<u8> {
    let fields: &[u8] = if response.is_some() { &[1, 7, 11, 39, 70] } else { &[1, 7, 11, 70] };
    let mut body = kind.as_bytes().to_vec();
    body.extend_from_slice(&bitmap(fields));
    body.extend_from_slice(crate::moment::format(at, "%m%d%H%M%S").as_bytes());
    body.extend_from_slice(format!("{stan:06}").as_bytes());
    body.extend_from_slice(response.unwrap_or_default().as_bytes());
    body.extend_from_slice(b"301");
    [&(body.len() as u16).to_be_bytes(), body.as_slice()].concat()
}

/// Primary and secondary bitmap; field 1 says that there is a secondary one.
fn bitmap(fields: &[u8]) -> [u8; 16] {
    let mut bits = [0; 16];
    for field in fields {
        let at = usize::from(field - 1);
        bits[at / 8] |= 0x80 >> (at % 8);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand: fields 1, 7, 11 are bits 0, 6, 10; field 39 is bit 38; field 70 is bit 5 of the second map.
    #[test]
    fn an_echo_answer_is_counted_out_by_hand() {
        let at: Time = "2026-03-12T12:00:05Z".parse().expect("a time");
        let expected = [
            b"\x00\x290810\x82\x20\x00\x00\x02\x00\x00\x00".as_slice(),
            b"\x04\x00\x00\x00\x00\x00\x00\x00",
            b"031212000500004200301",
        ]
        .concat();
        assert_eq!(echo_response(at, 42), expected);
    }
}
