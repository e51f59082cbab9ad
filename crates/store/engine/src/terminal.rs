//! A pseudo-terminal on standard input: the engine then waits at its prompt, and serves.
//!
//! With a terminal the engine does not install the handler that ends the process when a client's connection fails.

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// Our end of the terminal on standard input.
#[derive(Debug, Clone)]
pub struct Terminal(Arc<OwnedFd>);

impl Terminal {
    /// Puts a new pseudo-terminal on standard input, nothing on standard output, and drains what the engine prints.
    pub fn on_standard_input() -> Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .context("the store needs a pseudo-terminal, and /dev/ptmx gives none; mount devpts")?;
        grantpt(&ours).context("the pseudo-terminal is not ours")?;
        unlockpt(&ours).context("the pseudo-terminal stays locked")?;
        let name = ptsname(&ours, Vec::new()).context("the pseudo-terminal has no name")?;
        let theirs =
            rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty())
                .context("the pseudo-terminal cannot be opened; is /dev/pts mounted?")?;
        rustix::stdio::dup2_stdin(&theirs).context("standard input cannot be replaced")?;
        let nowhere = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/null")
            .context("/dev/null cannot be opened")?;
        rustix::stdio::dup2_stdout(&nowhere).context("standard output cannot be replaced")?;
        let terminal = Self(Arc::new(ours));
        let drained = terminal.clone();
        std::thread::Builder::new().name("terminal".into()).spawn(move || drained.drain())?;
        Ok(terminal)
    }

    /// Types `exit` at the engine's prompt.
    pub fn type_exit(&self) -> Result<()> {
        rustix::io::write(&*self.0, b"exit\n").context("the engine's prompt cannot be reached")?;
        Ok(())
    }

    fn drain(&self) {
        let mut bytes = [0; 4096];
        while rustix::io::read(&*self.0, &mut bytes).is_ok_and(|length| length > 0) {}
    }
}
