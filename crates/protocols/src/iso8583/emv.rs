//! The two EMV tags that may be kept of element 55 (EMV Book 3, annex B: BER-TLV).

use crate::cursor::Cursor;

/// What is kept; 0: absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Tag 95, terminal verification results: five bytes.
    pub tvr: u64,
    /// Tag 9F34, cardholder verification results: three bytes.
    pub cvm: u32,
}

impl Kept {
    /// Steps over every tag and takes these two; stops where the rest is no tag.
    pub fn read(bytes: &[u8]) -> Self {
        let (mut kept, mut cursor) = (Self::default(), Cursor::new(bytes));
        while let Some((tag, value)) = next(&mut cursor) {
            match (tag, value) {
                (0x95, [_, _, _, _, _]) => kept.tvr = number(value),
                (0x9f34, [_, _, _]) => kept.cvm = number(value) as u32,
                _ => {}
            }
        }
        kept
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn next<'a>(cursor: &mut Cursor<'a>) -> Option<(u32, &'a [u8])> {
    let mut tag = u32::from(cursor.u8()?);
    if tag & 0x1f == 0x1f {
        loop {
            let more = cursor.u8()?;
            tag = tag.checked_mul(256)? | u32::from(more);
            if more & 0x80 == 0 {
                break;
            }
        }
    }
    let length = match cursor.u8()? {
        length @ 0..=0x7f => usize::from(length),
        0x81 => usize::from(cursor.u8()?),
        0x82 => usize::from(cursor.u16()?),
        _ => return None,
    };
    Some((tag, cursor.take(length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tags_are_kept_whatever_stands_around_them() {
        // 9F26 (8), 9F27 (1), 95 (5), 5A (8), 9F34 (3); then the front of a tag.
        let bytes = b"\x9f\x26\x08\x95\xbb\xe3\x72\x27\x1d\xda\x7c\x9f\x27\x01\x80\x95\x05\x80\x00\x04\x08\x01\
            \x5a\x08\x41\x11\x11\x11\x11\x11\x11\x11\x9f\x34\x03\x1e\x03\x02\x9f";
        assert_eq!(Kept::read(bytes), Kept { tvr: 0x80_0004_0801, cvm: 0x1e_0302 });
    }

    #[test]
    fn a_tag_of_another_length_or_cut_short_is_not_taken() {
        assert_eq!(Kept::read(b"\x95\x04\x80\x00\x04\x08"), Kept::default());
        assert_eq!(Kept::read(b"\x95\x05\x80\x00\x04"), Kept::default());
        assert_eq!(Kept::read(b"\x9f\xff\xff\xff\xff\xff\x01\x00"), Kept::default());
    }
}
