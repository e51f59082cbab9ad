//! What hosts say: protocol bytes from the published layouts, written apart from any parser.

pub mod certificate;
pub mod client_hello;
pub mod dns;
pub mod fix;
pub mod http;
pub mod ibmmq;
pub mod iso8583;
pub mod mysql;
pub mod rdp;
pub mod smb;
pub mod snmp;
pub mod ssh;
pub mod tls;
