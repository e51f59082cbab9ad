//! What is said of a withdrawal on each leg, and to the key module.

use super::withdrawal::{Entry, Withdrawal};
use super::{ACQUIRER, Link};
use crate::moment;
use crate::speech::iso8583::financial::{Element, Elements, Tpdu};
use sha2::{Digest, Sha256};

/// Country of the machines, in element 43, and the currency (ISO 4217) of what they pay.
pub(super) const COUNTRY: &str = "CN";
const CURRENCY: &str = "156";
/// Network addresses of the cash machines' host and the switch.
const ADDRESSES: (u16, u16) = (0x0030, 0x0010);

/// The messages of one withdrawal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Messages<'w> {
    withdrawal: &'w Withdrawal,
}

impl<'w> Messages<'w> {
    pub(super) const fn of(withdrawal: &'w Withdrawal) -> Self {
        Self { withdrawal }
    }

    /// The 0200 on `link`.
    pub(super) fn request(self, link: &Link) -> Vec<u8> {
        let (gateway, switch) = ADDRESSES;
        link.layout.frame(Tpdu { to: switch, from: gateway }, "0200", &self.request_elements(link))
    }

    /// The 0210 on `link`.
    pub(super) fn answer(self, link: &Link) -> Vec<u8> {
        let (gateway, switch) = ADDRESSES;
        link.layout.frame(Tpdu { to: gateway, from: switch }, "0210", &self.answer_elements(link))
    }

    /// Elements of the 0200. Nobody on this rail sends element 64.
    pub(super) fn request_elements(self, link: &Link) -> Elements {
        let Withdrawal { card, entry, .. } = *self.withdrawal;
        let mut elements = self.both(link);
        elements.extend([
            (14, Element::Digits(card.expiry())),
            (18, Element::Digits("6011".into())),
            (22, Element::Digits(entry.code().into())),
            (25, Element::Digits("02".into())),
            (35, Element::Track(card.track())),
            (42, Element::Letters("EXBANK000000001".into())),
            (43, Element::Letters(format!("{:<25}{:<13}{COUNTRY}", "EXAMPLE BANK ATM", "CITY"))),
            (52, Element::Bytes(card.pin_block().into())),
        ]);
        if entry == Entry::Chip {
            elements.insert(55, Element::VarBytes(self.chip_data()));
        }
        elements
    }

    /// Elements of the 0210: an approval has a code of its own, and balances stand in element 54.
    pub(super) fn answer_elements(self, link: &Link) -> Elements {
        let is_acquirer = *link == ACQUIRER;
        let withdrawal = self.withdrawal;
        let (code, balance) = if is_acquirer {
            (withdrawal.downstream, withdrawal.shown)
        } else {
            (withdrawal.upstream, withdrawal.balance)
        };
        let mut elements = self.both(link);
        if code == "00" {
            let digest = self.draw("approval");
            elements.insert(
                38,
                Element::Letters(format!(
                    "{:06}",
                    u32::from(digest[0]) << 8 | u32::from(digest[1])
                )),
            );
        }
        elements.insert(39, Element::Letters(code.into()));
        elements.insert(54, Element::VarLetters(format!("1002{CURRENCY}C{balance:012}")));
        elements
    }

    /// What request and answer have in common. The switch gives a trace number of its own; number, reference and machine
    /// survive.
    fn both(self, link: &Link) -> Elements {
        let withdrawal = self.withdrawal;
        let at = |directives: &str| Element::Digits(moment::format(withdrawal.at, directives));
        [
            (2, Element::VarDigits(withdrawal.card.pan())),
            (3, Element::Digits("011000".into())),
            (4, Element::Digits(format!("{:012}", withdrawal.amount))),
            (7, at("%m%d%H%M%S")),
            (11, Element::Digits(format!("{:06}", self.trace(link)))),
            (12, at("%H%M%S")),
            (13, at("%m%d")),
            (32, Element::VarDigits("01021000".into())),
            (37, Element::Letters(self.reference())),
            (41, Element::Letters(self.machine())),
        ]
        .into()
    }

    /// Element 11 on `link`.
    pub(super) fn trace(self, link: &Link) -> u32 {
        let offset = if *link == ACQUIRER { 0 } else { 417_211 };
        (self.withdrawal.number + offset) % 999_999 + 1
    }

    /// Element 37, the same on both legs.
    pub(super) fn reference(self) -> String {
        let day = moment::format(self.withdrawal.at, "%y%j");
        format!("{}{:07}", &day[1..], self.withdrawal.number % 10_000_000) + "A"
    }

    /// Element 41, the same on both legs.
    pub(super) fn machine(self) -> String {
        format!("ATM{:05}", self.withdrawal.machine)
    }

    /// EMV tags as a chip sends them, account number and track among them.
    fn chip_data(self) -> Vec<u8> {
        let card = self.withdrawal.card;
        let drawn = self.draw("chip");
        let track = card.track().replace('=', "D");
        let amount = packed(&format!("{:012}", self.withdrawal.amount));
        let tags: [(&[u8], Vec<u8>); 15] = [
            (&[0x9F, 0x26], drawn[..8].into()),
            (&[0x9F, 0x27], vec![0x80]),
            (&[0x9F, 0x10], [&[6, 1, 10, 3], &drawn[8..11]].concat()),
            (&[0x9F, 0x37], drawn[12..16].into()),
            (&[0x9F, 0x36], drawn[16..18].into()),
            (&[0x95], vec![0, 0, 4, 0, 0]),
            (&[0x9A], packed(&moment::format(self.withdrawal.at, "%y%m%d"))),
            (&[0x9C], vec![0x01]),
            (&[0x9F, 0x02], amount),
            (&[0x5F, 0x2A], vec![0x01, 0x56]),
            (&[0x82], vec![0x39, 0]),
            (&[0x9F, 0x1A], vec![0x01, 0x56]),
            // Enciphered PIN, verified by the issuer: the result is not known to the terminal (EMV Book 4, A.4).
            (&[0x9F, 0x34], vec![0x02, 0, 0]),
            (&[0x57], packed(&track)),
            (&[0x5A], packed(&card.pan())),
        ];
        tags.iter()
            .flat_map(|(tag, value)| [tag, [value.len() as u8].as_slice(), value].concat())
            .collect()
    }

    /// A call to translate the PIN block (payShield host interface: length, header, command CA).
    pub(super) fn key_request(self) -> Vec<u8> {
        self.key_message("CA", &[])
    }

    /// Its answer: CB, no error.
    pub(super) fn key_answer(self) -> Vec<u8> {
        self.key_message("CB", b"00")
    }

    fn key_message(self, command: &str, error: &[u8]) -> Vec<u8> {
        let header = format!("{:04}", self.withdrawal.number % 10_000);
        let body = [header.as_bytes(), command.as_bytes(), error, &self.draw(command)].concat();
        [(body.len() as u16).to_be_bytes().as_slice(), &body].concat()
    }

    /// Bytes of this withdrawal alone.
    fn draw(self, what: &str) -> [u8; 32] {
        Sha256::digest(format!("{what} {} {}", self.withdrawal.number, self.withdrawal.at.0)).into()
    }
}

/// Digits two to a byte, `D` as it is.
fn packed(digits: &str) -> Vec<u8> {
    let nibble = |digit: u8| (digit as char).to_digit(16).expect("digits and D") as u8;
    digits.as_bytes().chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
}
