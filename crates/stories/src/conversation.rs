//! A conversation: who says what to whom and when, from which both frames and rows are made.

mod tcp;
mod udp;

use crate::bank::{Host, Stack};
use crate::dice::Dice;
use crate::wire::Payload;
use model::Time;

/// One side of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who opened it.
    Src,
    /// Who answers.
    Dst,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Src => Self::Dst,
            Self::Dst => Self::Src,
        }
    }

    /// 0 for the opener, 1 for the answerer.
    pub const fn index(self) -> usize {
        match self {
            Self::Src => 0,
            Self::Dst => 1,
        }
    }
}

/// A step of a conversation.
#[derive(Debug, Clone)]
pub enum Turn {
    /// A side sends bytes at once; they hold so many messages or TLS records.
    Say(Side, Vec<u8>, u32),
    /// A side sends so many bytes evenly over a time, which the capture leaves out.
    Bulk(Side, u64, i64),
    /// Nothing for so many microseconds.
    Wait(i64),
}

/// How a conversation is carried, and how it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// TCP, closed in order by a side.
    Closed(Side),
    /// TCP, SYN answered by RST.
    Refused,
    /// TCP, SYN without an answer.
    Ignored,
    /// TCP, SYN and SYN-ACK, then an RST from the opener.
    Probed,
    /// UDP.
    Datagrams,
}

/// What is spoken, as a flow row names it.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    /// Protocol; empty if none is ever recognised.
    pub app: &'static str,
    /// Server name, where one is in clear.
    pub sni: String,
    /// JA4 of the client hello.
    pub ja4: String,
}

impl Spoken {
    /// How sure a sensor gets of it: 4 where every message can be walked, 3 where messages agree, 0 for nothing.
    pub fn confidence(&self) -> u8 {
        match self.app {
            "" => 0,
            "dns" | "http" | "tls" => 4,
            _ => 3,
        }
    }
}

/// A conversation before it is played.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// When the first packet is sent.
    pub start: Time,
    /// Who opens it.
    pub src: Host,
    /// Who answers.
    pub dst: Host,
    /// Port of the opener.
    pub src_port: u16,
    /// Port of the answerer.
    pub dst_port: u16,
    /// Round trip between the two. Microseconds.
    pub rtt_us: i64,
    /// How it is carried, and how it ends.
    pub manner: Manner,
    /// What is said, in order.
    pub turns: Vec<Turn>,
    /// What is spoken.
    pub spoken: Spoken,
    /// What it is to an attacker, empty for ordinary business.
    pub role: &'static str,
    drawn: Drawn,
}

/// Numbers that a stack draws for itself, opener first.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    sequence: [u32; 2],
    ip_id: [u16; 2],
    clock_ms: [u32; 2],
    sum: u16,
}

/// One packet as it is played.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// When it passes beside the opener.
    pub time: Time,
    /// Who sends it.
    pub side: Side,
    /// TCP flags, 0 for UDP.
    pub flags: u8,
    /// TCP sequence number.
    pub seq: u32,
    /// TCP acknowledgement number.
    pub ack: u32,
    /// TCP window before scaling.
    pub window: u16,
    /// TCP options.
    pub options: &'a [u8],
    /// IP identification.
    pub ip_id: u16,
    /// Stands for the checksum of elided bytes.
    pub elided_sum: u16,
    /// What it carries.
    pub payload: Payload<'a>,
    /// Messages or TLS records that end in it.
    pub records: u32,
}

impl Conversation {
    /// A conversation with nothing said yet. Its round trip is that of one building; `to_internet` makes it longer.
    pub fn new(start: Time, src: Host, dst: Host, dst_port: u16, dice: &mut Dice) -> Self {
        let drawn = Drawn {
            sequence: [u32::from_le_bytes(dice.array()), u32::from_le_bytes(dice.array())],
            ip_id: [u16::from_le_bytes(dice.array()), u16::from_le_bytes(dice.array())],
            clock_ms: [
                u32::from_le_bytes(dice.array()) >> 1,
                u32::from_le_bytes(dice.array()) >> 1,
            ],
            sum: u16::from_le_bytes(dice.array()),
        };
        Self {
            start,
            src,
            dst,
            src_port: dice.port(),
            dst_port,
            rtt_us: dice.between(420, 900),
            manner: Manner::Closed(Side::Src),
            turns: Vec::new(),
            spoken: Spoken::default(),
            role: "",
            drawn,
        }
    }

    /// The same, over the round trip of a wide-area line: 9 to 31 ms.
    #[must_use]
    pub fn far(mut self, dice: &mut Dice) -> Self {
        self.rtt_us = dice.between(9_000, 31_000);
        self
    }

    /// A side sends one message.
    pub fn say(&mut self, side: Side, bytes: impl Into<Vec<u8>>) {
        self.turns.push(Turn::Say(side, bytes.into(), 1));
    }

    /// A side sends bytes that hold `records` messages or TLS records.
    pub fn say_records(&mut self, side: Side, bytes: Vec<u8>, records: u32) {
        self.turns.push(Turn::Say(side, bytes, records));
    }

    /// Nothing for `us` microseconds.
    pub fn wait(&mut self, us: i64) {
        self.turns.push(Turn::Wait(us));
    }

    /// Time that its waits and bulks take, at least. Microseconds.
    pub fn length_us(&self) -> i64 {
        self.turns
            .iter()
            .map(|turn| match turn {
                Turn::Say(..) => 0,
                Turn::Bulk(_, _, us) | Turn::Wait(us) => *us,
            })
            .sum()
    }

    /// Waits until `moment`, as far as waits and bulks are counted; nothing if it has passed.
    pub fn wait_until(&mut self, moment: Time) {
        self.wait(moment.since(self.start.plus(self.length_us())).max(0));
    }

    /// Plays it: `each` gets every packet, nearly in order of time.
    pub fn play(&self, each: &mut dyn FnMut(&Segment<'_>)) {
        match self.manner {
            Manner::Datagrams => udp::play(self, each),
            _ => tcp::play(self, each),
        }
    }

    /// IANA number of its transport.
    pub const fn ip_protocol(&self) -> u8 {
        if matches!(self.manner, Manner::Datagrams) { 17 } else { 6 }
    }

    const fn host(&self, side: Side) -> Host {
        match side {
            Side::Src => self.src,
            Side::Dst => self.dst,
        }
    }

    /// Microseconds from what the other side sent to the answer of `side`, beside the opener.
    pub(crate) const fn turn_us(&self, side: Side) -> i64 {
        match side {
            Side::Src => 180,
            Side::Dst => self.rtt_us,
        }
    }

    /// Whether both stacks send timestamps (RFC 7323).
    fn has_timestamps(&self) -> bool {
        self.src.stack == Stack::Linux && self.dst.stack == Stack::Linux
    }
}
