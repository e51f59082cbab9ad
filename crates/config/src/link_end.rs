//! The end of a declared link: an address or a network, with a port or without.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// `10.2.7.1`, `10.2.0.0/16`, `10.2.7.1:8583` or `[2001:db8::1]:8583`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct LinkEnd {
    /// Address.
    pub address: IpAddr,
    /// Bits of it that must agree.
    pub prefix: u8,
    /// Port; none: any.
    pub port: Option<u16>,
}

impl FromStr for LinkEnd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no address (10.2.7.1), network (10.2.0.0/16) or address:port (10.2.7.1:8583)"
            )
        };
        if let Ok(socket) = text.parse::<SocketAddr>() {
            let address = socket.ip();
            return Ok(Self { address, prefix: bits(address), port: Some(socket.port()) });
        }
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let prefix = match prefix {
            None => bits(address),
            Some(prefix) => {
                prefix.parse().ok().filter(|prefix| *prefix <= bits(address)).ok_or_else(wrong)?
            }
        };
        Ok(Self { address, prefix, port: None })
    }
}

const fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for LinkEnd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(out, "{}", SocketAddr::new(self.address, port)),
            None if self.prefix == bits(self.address) => write!(out, "{}", self.address),
            None => write!(out, "{}/{}", self.address, self.prefix),
        }
    }
}

impl TryFrom<String> for LinkEnd {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<LinkEnd> for String {
    fn from(end: LinkEnd) -> Self {
        end.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_end_is_read_and_written_as_it_was() {
        for (text, prefix, port) in [
            ("10.2.7.1", 32, None),
            ("10.2.0.0/16", 16, None),
            ("10.2.7.1:8583", 32, Some(8583)),
            ("2001:db8::1", 128, None),
            ("[2001:db8::1]:8583", 128, Some(8583)),
            ("2001:db8::/32", 32, None),
        ] {
            let end: LinkEnd = text.parse().unwrap();
            assert_eq!((end.prefix, end.port, end.to_string().as_str()), (prefix, port, text));
        }
        for wrong in ["", "sw-1", "10.2.7.1:99999", "10.2.0.0/33", "10.2.7.1/16:8583", "10.2.0.0/"]
        {
            assert!(wrong.parse::<LinkEnd>().unwrap_err().contains("is no address"), "{wrong}");
        }
    }
}
