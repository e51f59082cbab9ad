//! Rules on the real engine: every shipped rule's examples, and what SQL makes of conditions.

mod every_rule;
mod judged;
mod meaning;
