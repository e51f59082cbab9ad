//! When flows are due: a wheel of seconds, so that a packet never moves a timer.

use model::Time;

/// Seconds in one turn of the wheel. What is due later waits in the last slot and is asked again.
const SLOTS: i64 = 512;

/// A flow in the table: its place, and which of the flows that have had that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handle {
    pub(super) at: u32,
    pub(super) generation: u32,
}

/// Whether a flow that is due in one second stands in the slot of another: after a jump of time they differ by turns.
pub(super) const fn is_same_slot(due: i64, second: i64) -> bool {
    due.rem_euclid(SLOTS) == second.rem_euclid(SLOTS)
}

/// A wheel of one-second slots. A flow stands in it once and is asked, when its slot is reached, what it is due for.
#[derive(Debug)]
pub(super) struct Wheel {
    slots: Vec<Vec<Handle>>,
    /// The last second whose slot was emptied.
    reached: i64,
    has_started: bool,
}

impl Default for Wheel {
    fn default() -> Self {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Self { slots, reached: 0, has_started: false }
    }
}

impl Wheel {
    /// Puts a flow in; it is asked in the second after `due`. The second is returned: the flow remembers it.
    pub(super) fn insert(&mut self, handle: Handle, due: Time) -> i64 {
        let second = (due.seconds() + 1).clamp(self.reached + 1, self.reached + SLOTS - 1);
        self.slots[second.rem_euclid(SLOTS) as usize].push(handle);
        second
    }

    /// The next slot that `now` has passed: its second and the flows in it.
    pub(super) fn turn(&mut self, now: Time) -> Option<(i64, Vec<Handle>)> {
        if !self.has_started {
            (self.has_started, self.reached) = (true, now.seconds());
        }
        let second = now.seconds();
        while self.reached < second {
            self.reached += 1;
            if second - self.reached > SLOTS {
                // A jump of more than a turn passes every slot once.
                self.reached = second - SLOTS;
            }
            let slot = &mut self.slots[self.reached.rem_euclid(SLOTS) as usize];
            if !slot.is_empty() {
                return Some((self.reached, std::mem::take(slot)));
            }
        }
        None
    }

    /// The flows that are due first, up to `count`, still in the wheel: candidates for eviction.
    pub(super) fn first(&self, count: usize) -> Vec<Handle> {
        (1..=SLOTS)
            .flat_map(|ahead| &self.slots[(self.reached + ahead).rem_euclid(SLOTS) as usize])
            .take(count)
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(at: u32) -> Handle {
        Handle { at, generation: 0 }
    }

    fn due_by(wheel: &mut Wheel, second: i64) -> Vec<u32> {
        let mut due = Vec::new();
        while let Some((_, handles)) = wheel.turn(Time(second * Time::SECOND)) {
            due.extend(handles.iter().map(|handle| handle.at));
        }
        due
    }

    #[test]
    fn flows_come_due_in_their_second() {
        let mut wheel = Wheel::default();
        assert!(due_by(&mut wheel, 1_000_000).is_empty());
        wheel.insert(handle(1), Time(1_000_060 * Time::SECOND));
        wheel.insert(handle(2), Time(1_000_004 * Time::SECOND));
        assert!(due_by(&mut wheel, 1_000_004).is_empty());
        assert_eq!(due_by(&mut wheel, 1_000_005), [2]);
        assert_eq!(due_by(&mut wheel, 1_000_061), [1]);
    }

    #[test]
    fn a_jump_of_days_passes_every_slot_once() {
        let mut wheel = Wheel::default();
        due_by(&mut wheel, 0);
        for at in 0..300 {
            wheel.insert(handle(at), Time(i64::from(at) * Time::SECOND));
        }
        assert_eq!(due_by(&mut wheel, 1_000_000).len(), 300);
        assert!(due_by(&mut wheel, 1_000_600).is_empty());
    }
}
