//! SNMP v2c (RFC 1901, 3416): a GET of uptime and octets received, and its answer, in BER (X.690).

use super::certificate::element;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const NULL: &[u8] = &[0x05, 0];
const SEQUENCE: u8 = 0x30;
const COUNTER: u8 = 0x41;
const TIME_TICKS: u8 = 0x43;
const GET: u8 = 0xA0;
const RESPONSE: u8 = 0xA2;
const COMMUNITY: &[u8] = b"bank-ro";
/// sysUpTime.0
const UPTIME: &[u8] = &[0x06, 8, 0x2B, 6, 1, 2, 1, 1, 3, 0];
/// ifInOctets.1
const OCTETS: &[u8] = &[0x06, 10, 0x2B, 6, 1, 2, 1, 2, 2, 1, 10, 1];

/// Asks for both.
pub fn get(request: u32) -> Vec<u8> {
    message(GET, request, NULL, NULL)
}

/// Answers with hundredths of a second and octets.
pub fn response(request: u32, uptime: u32, octets: u32) -> Vec<u8> {
    message(RESPONSE, request, &number(TIME_TICKS, uptime), &number(COUNTER, octets))
}

fn message(kind: u8, request: u32, uptime: &[u8], octets: &[u8]) -> Vec<u8> {
    let bindings = element(
        SEQUENCE,
        &[&element(SEQUENCE, &[UPTIME, uptime]), &element(SEQUENCE, &[OCTETS, octets])],
    );
    let zero = number(INTEGER, 0);
    let body = element(kind, &[&number(INTEGER, request), &zero, &zero, &bindings]);
    element(SEQUENCE, &[&number(INTEGER, 1), &element(OCTET_STRING, &[COMMUNITY]), &body])
}

/// The fewest bytes that leave the sign bit clear.
fn number(tag: u8, value: u32) -> Vec<u8> {
    let bytes = u64::from(value).to_be_bytes();
    let sign_room = 8 - (value.checked_ilog2().unwrap_or(0) as usize / 8 + 1);
    let start = if bytes[sign_room] < 0x80 { sign_room } else { sign_room - 1 };
    element(tag, &[&bytes[start..]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_fewest_bytes_that_keep_them_positive() {
        assert_eq!(number(INTEGER, 0), [2, 1, 0]);
        assert_eq!(number(INTEGER, 127), [2, 1, 127]);
        assert_eq!(number(INTEGER, 128), [2, 2, 0, 128]);
        assert_eq!(number(COUNTER, 0x1234), [0x41, 2, 0x12, 0x34]);
        assert_eq!(number(TIME_TICKS, u32::MAX), [0x43, 5, 0, 255, 255, 255, 255]);
    }

    /// Lengths added by hand: bindings 14 + 16 and 2 of their own = 32; in the GET 3 + 3 + 3 + 32 = 41; in
    /// all 3 + 9 + 43 = 55, and 2 of its own.
    #[test]
    fn a_get_is_counted_out_by_hand() {
        let expected =
            b"\x30\x37\x02\x01\x01\x04\x07bank-ro\xA0\x29\x02\x01\x05\x02\x01\0\x02\x01\0";
        let message = get(5);
        assert_eq!(message[..expected.len()], *expected);
        assert_eq!(message.len(), 57);
    }
}
