//! The same table file for one node and for a cluster.

use super::Layout;

/// ` ON CLUSTER 'name'`, or nothing.
pub(super) fn on_cluster(layout: &Layout) -> String {
    match layout {
        Layout::SingleNode => String::new(),
        Layout::Cluster(name) => format!(" ON CLUSTER '{name}'"),
    }
}

/// What is sent for one statement of a table file.
pub(super) fn render(statement: &str, layout: &Layout, database: &str) -> Vec<String> {
    let statement = statement.replace("{database}", database);
    match layout {
        Layout::SingleNode => vec![statement],
        Layout::Cluster(_) => vec![statement],
    }
}
