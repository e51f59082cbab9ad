//! Datagrams: each message is one packet.

use super::{Conversation, Segment, Side, Turn};
use crate::wire::Payload;

pub(super) fn play(talk: &Conversation, each: &mut dyn FnMut(&Segment<'_>)) {
    let mut now = talk.start;
    let mut ip_id = talk.drawn.ip_id;
    let mut last = Side::Src;
    for turn in &talk.turns {
        match turn {
            Turn::Wait(us) => now = now.plus(*us),
            Turn::Bulk(..) => debug_assert!(false, "bulk goes over TCP"),
            Turn::Say(side, bytes, records) => {
                if *side != last {
                    now = now.plus(talk.turn_us(*side));
                    last = *side;
                }
                ip_id[side.index()] = ip_id[side.index()].wrapping_add(1);
                each(&Segment {
                    time: now,
                    side: *side,
                    flags: 0,
                    seq: 0,
                    ack: 0,
                    window: 0,
                    options: &[],
                    ip_id: ip_id[side.index()],
                    elided_sum: 0,
                    payload: Payload::Bytes(bytes),
                    records: *records,
                });
            }
        }
    }
}
