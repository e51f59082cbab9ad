//! The message type: edition, class, function and origin, a digit each.

use model::Text;

/// A message type that the standard allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mti([u8; 4]);

impl Mti {
    /// From its four digits, if they are one: edition 0, 1, 2, 8 or 9, class 1 to 8, function 0 to 6, origin 0 to 5.
    pub const fn of(digits: [u8; 4]) -> Option<Self> {
        let [edition, class, function, origin] = digits;
        let is_one = matches!(edition, 0 | 1 | 2 | 8 | 9)
            && matches!(class, 1..=8)
            && function <= 6
            && origin <= 5;
        if is_one { Some(Self(digits)) } else { None }
    }

    /// First digit: 0 for 1987, 1 for 1993, 2 for 2003.
    pub const fn edition(self) -> u8 {
        self.0[0]
    }

    /// Whether it asks or tells, and does not answer.
    pub const fn is_request(self) -> bool {
        self.0[2].is_multiple_of(2)
    }

    /// Whether it is sent again.
    pub const fn is_repeat(self) -> bool {
        self.0[3] % 2 == 1
    }

    /// What a request and its answer have in common: edition, class, and function without its last bit.
    pub const fn pair(self) -> [u8; 3] {
        [self.0[0], self.0[1], self.0[2] / 2]
    }

    /// Its digits as characters.
    pub fn text(self) -> Text {
        Text::from(self.0.iter().map(|digit| char::from(b'0' + digit)).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mti(digits: [u8; 4]) -> Mti {
        Mti::of(digits).expect("a message type")
    }

    #[test]
    fn an_answer_has_its_requests_pair() {
        for (request, answer) in [
            ([0, 2, 0, 0], [0, 2, 1, 0]),
            ([0, 2, 0, 1], [0, 2, 1, 0]),
            ([0, 4, 2, 1], [0, 4, 3, 0]),
            ([1, 8, 0, 4], [1, 8, 1, 4]),
        ] {
            assert_eq!(mti(request).pair(), mti(answer).pair());
            assert!(mti(request).is_request() && !mti(answer).is_request());
        }
        assert_ne!(mti([0, 2, 0, 0]).pair(), mti([0, 2, 3, 0]).pair());
        assert!(mti([0, 4, 2, 1]).is_repeat());
    }

    #[test]
    fn what_the_standard_does_not_allow_is_none() {
        for digits in
            [[3, 2, 0, 0], [0, 0, 0, 0], [0, 9, 0, 0], [0, 2, 7, 0], [0, 2, 0, 6], [0, 2, 0, 15]]
        {
            assert_eq!(Mti::of(digits), None, "{digits:?}");
        }
    }
}
