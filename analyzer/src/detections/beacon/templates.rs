//! Interval laws of beacons and of ordinary callers, as they look in units of their own median.
//!
//! Made once from the generator of `evaluate` and shipped as whole numbers, so that a likelihood ratio is exact.

use super::parts::place;
use super::sums::BINS;
use std::sync::LazyLock;

/// Bins of a template: a quarter octave each, from 2⁻⁵ to 2⁵ medians.
pub const WIDTH: usize = 40;
/// Beacon templates that are shipped.
pub const BEACONS: usize = 96;
/// Benign templates that are shipped.
pub const BENIGN: usize = 27;

/// One interval law: round(1,000·ln p) of each bin.
pub type Template = [i32; WIDTH];

/// The interval laws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// Of beacons of all jitters, with calls missed and noise.
    pub beacons: Vec<Template>,
    /// Of ordinary callers.
    pub benign: Vec<Template>,
}

/// The shipped templates.
pub static SHIPPED: LazyLock<Templates> = LazyLock::new(|| {
    Templates::read(include_str!("templates.txt"))
        .expect("the shipped templates are read by a test")
});

impl Templates {
    /// Reads the text that [`Templates::write`] makes.
    ///
    /// # Errors
    /// Names the line that is not of that form.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut templates = Self { beacons: Vec::new(), benign: Vec::new() };
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let kind = words.next();
            let numbers: Vec<i32> = words.filter_map(|word| word.parse().ok()).collect();
            let template: Template =
                numbers.try_into().map_err(|_| format!("line {}: not {WIDTH} numbers", at + 1))?;
            match kind {
                Some("beacon") => templates.beacons.push(template),
                Some("benign") => templates.benign.push(template),
                _ => return Err(format!("line {}: neither beacon nor benign", at + 1)),
            }
        }
        if templates.beacons.len() == BEACONS && templates.benign.len() == BENIGN {
            Ok(templates)
        } else {
            Err(format!(
                "{} beacons and {} benign laws",
                templates.beacons.len(),
                templates.benign.len()
            ))
        }
    }

    /// The templates as text, below the lines of `header`.
    pub fn write(&self, header: &str) -> String {
        let line = |kind: &str, template: &Template| {
            template.iter().fold(kind.to_owned(), |line, value| format!("{line} {value}")) + "\n"
        };
        let mut text = commented(header);
        text.extend(self.beacons.iter().map(|template| line("beacon", template)));
        text.extend(self.benign.iter().map(|template| line("benign", template)));
        text
    }

    /// Best beacon law against best benign law, per interval, in thousandths of a nat.
    ///
    /// Each law may be shifted by one bin, as the median is known to half a bin only.
    pub fn likelihood_ratio(&self, intervals: &[u32; BINS], median_s: f64) -> i32 {
        let mut shifted = [[0i64; WIDTH]; 3];
        let origin = place(median_s).round() as i64 - WIDTH as i64 / 2;
        let mut n = 0;
        for (at, &count) in intervals.iter().enumerate().filter(|(_, count)| **count > 0) {
            n += i64::from(count);
            for (shift, bins) in (-1..=1).zip(&mut shifted) {
                let to = (at as i64 - origin + shift).clamp(0, WIDTH as i64 - 1);
                bins[to as usize] += i64::from(count);
            }
        }
        let best = |laws: &[Template]| {
            let likelihoods = laws.iter().flat_map(|law| {
                shifted.iter().map(move |bins| {
                    bins.iter().zip(law).map(|(count, ln)| count * i64::from(*ln)).sum::<i64>()
                })
            });
            likelihoods.max().unwrap_or(0)
        };
        if n == 0 { 0 } else { ((best(&self.beacons) - best(&self.benign)) / n) as i32 }
    }
}

/// The lines of a header, each marked as one.
pub(super) fn commented(header: &str) -> String {
    header.lines().fold(String::new(), |text, line| text + "# " + line + "\n")
}
