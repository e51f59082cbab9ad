//! A learned policy as `policy.toml`, with its reasons as comments.

use super::{Learned, Pass};
use std::fmt::{self, Write};

/// Conduits that are proposed at most.
const PROPOSED: usize = 40;

impl Learned {
    /// The text of a policy that observes: its zones and hosts, and what passed as conduits that nobody has accepted yet.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        self.put(&mut text).expect("a string takes what is written");
        text
    }

    fn put(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "# Learned from what was seen; a start for people to correct, not a decision."
        )?;
        writeln!(out, "# {}.\n", self.own)?;
        if !self.hosts.is_empty() {
            writeln!(out, "host = [")?;
            for host in &self.hosts {
                writeln!(
                    out,
                    "  {{ ip = \"{}\", name = \"{}\", zone = \"{}\", role = \"{}\" }},  # {}",
                    host.ip, host.name, host.zone, host.role, host.reason
                )?;
            }
            writeln!(out, "]\n")?;
        }
        writeln!(out, "[meta]\ninstitution = \"learned\"\nversion = 1")?;
        writeln!(out, "default = \"observe\"  # \"deny\" once its conduits are agreed\n")?;
        for zone in &self.zones {
            writeln!(out, "# {} hosts.", zone.members)?;
            for border in &zone.borders {
                writeln!(out, "# {}: {}.", border.cidr, border.reason)?;
            }
            let cidrs: Vec<String> =
                zone.borders.iter().map(|border| format!("\"{}\"", border.cidr)).collect();
            writeln!(
                out,
                "[[zone]]\nid = \"{}\"\nname = \"{}\"\ncidrs = [{}]\ncriticality = {}\n",
                zone.id,
                zone.name,
                cidrs.join(", "),
                zone.criticality
            )?;
        }
        self.put_passes(out)
    }

    fn put_passes(&self, out: &mut String) -> fmt::Result {
        let proposed = self.passes.len().min(PROPOSED);
        writeln!(
            out,
            "# ---- What passed between zones, the most critical and the rarest first: {proposed} of {} --------------",
            self.passes.len()
        )?;
        writeln!(
            out,
            "# Declare what belongs there as [[service]] and [[conduit]], with owner and ticket."
        )?;
        for Pass { from, to, service, flows, .. } in self.passes.iter().take(PROPOSED) {
            writeln!(out, "#   {from} > {to}  {service}  {flows} flows")?;
        }
        Ok(())
    }
}
