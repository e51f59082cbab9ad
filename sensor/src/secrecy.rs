//! No crash leaves what the sensor has read on a disk.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Turns core dumps off, for this process and those it starts; other users can no longer look into its memory either.
///
/// PCI DSS v4.0.1 3.3.1: sensitive authentication data passes through this memory, and a dump would store it.
pub fn no_core_dumps() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn core_dumps_are_off() {
        no_core_dumps().expect("a process may give up its own dumps");
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().expect("it can be asked"), DumpableBehavior::NotDumpable);
    }
}
