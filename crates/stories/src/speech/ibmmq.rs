//! IBM MQ channels: the transmission segment header and the initial negotiation, as Wireshark's dissector names them.

/// Segment types.
const INITIAL: u8 = 0x01;
const STATUS: u8 = 0x05;
/// Functional level of the protocol.
const FAP_LEVEL: u8 = 13;
/// Length of the initial data at that level.
const INITIAL_LENGTH: usize = 208;

/// The first segment of a sender channel: INITIAL DATA with its channel and queue manager.
pub fn initial(channel: &str, queue_manager: &str) -> Vec<u8> {
    let mut data = vec![0; INITIAL_LENGTH];
    data[..4].copy_from_slice(b"ID  ");
    data[4] = FAP_LEVEL;
    data[5] = 0x26;
    data[10..12].copy_from_slice(&50_u16.to_be_bytes());
    data[12..16].copy_from_slice(&32_758_u32.to_be_bytes());
    data[16..20].copy_from_slice(&4_194_304_u32.to_be_bytes());
    data[20..24].copy_from_slice(&999_999_999_u32.to_be_bytes());
    put_name(&mut data[24..44], channel);
    data[46..48].copy_from_slice(&819_u16.to_be_bytes());
    put_name(&mut data[48..96], queue_manager);
    data[96..100].copy_from_slice(&300_u32.to_be_bytes());
    data[100..102].copy_from_slice(&((INITIAL_LENGTH - 102) as u16).to_be_bytes());
    put_name(&mut data[148..160], "MQMM09030000");
    put_name(&mut data[160..208], queue_manager);
    segment(INITIAL, 0x31, &data)
}

/// The answer of a queue manager that does not take the channel now: STATUS DATA with its code.
pub fn status(code: u32) -> Vec<u8> {
    let mut data = 8_u32.to_be_bytes().to_vec();
    data.extend_from_slice(&code.to_be_bytes());
    segment(STATUS, 0x35, &data)
}

fn put_name(field: &mut [u8], name: &str) {
    field.fill(b' ');
    field[..name.len()].copy_from_slice(name.as_bytes());
}

/// The TSH of 28 bytes: identifier, length, byte order big, type, flags, unit of work, encoding, code page.
fn segment(kind: u8, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut out = b"TSH ".to_vec();
    out.extend_from_slice(&(28 + data.len() as u32).to_be_bytes());
    out.extend_from_slice(&[1, kind, flags, 0]);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&273_u32.to_be_bytes());
    out.extend_from_slice(&819_u16.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(data);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_where_the_layout_puts_them() {
        let segment = initial("SAA.TO.HUB", "QMSAA");
        assert_eq!(segment.len(), 236);
        assert_eq!(segment[4..8], 236_u32.to_be_bytes());
        assert_eq!(segment[28 + 24..28 + 44], *b"SAA.TO.HUB          ");
        assert_eq!(segment[28 + 48..28 + 53], *b"QMSAA");
    }
}
