//! Names of layers, made of those of nodes and weights: unique, short, and safe to print and to write into tables.

use std::collections::HashSet;

use crate::onnx::NodeProto;

/// Longest name.
const LONGEST: usize = 64;

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Name of the layer that a node makes. `weights` is the name of the constant that it multiplies by: exporters keep
    /// the module's name in it, as in `layer1.0.conv1.weight`.
    pub(super) fn of(&mut self, node: &NodeProto, weights: Option<&str>) -> String {
        let module = weights.and_then(|weights| weights.strip_suffix(".weight"));
        let name = match module {
            Some(module) => clean(module),
            None => clean(&of_path(node)),
        };
        let name = if name.is_empty() { clean(&node.op_type.to_lowercase()) } else { name };
        self.unique(name)
    }

    fn unique(&mut self, name: String) -> String {
        let mut own = name.clone();
        let mut number = 1;
        while ["input", "output", ""].contains(&own.as_str()) || !self.0.insert(own.clone()) {
            number += 1;
            own = format!("{name}.{number}");
        }
        own
    }
}

/// `/layer1/layer1.0/conv1/Conv` is the convolution `layer1.0.conv1`; `/layer1/layer1.0/Add` is `layer1.0.add`.
fn of_path(node: &NodeProto) -> String {
    let parts: Vec<&str> = node.name.split('/').filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [ref modules @ .., last] if !modules.is_empty() && is_operator(last, &node.op_type) => {
            let module = of_modules(modules);
            if is_module(&node.op_type) { module } else { format!("{module}.{}", last.to_lowercase()) }
        }
        _ => node.name.strip_prefix("node_").unwrap_or(&node.name).to_owned(),
    }
}

/// Name of the innermost of nested modules. Those of a list repeat its name: `features`, `features.4`, `conv`, `conv.2`
/// is `features.4.conv.2`.
fn of_modules(modules: &[&str]) -> String {
    let mut path: Vec<&str> = Vec::with_capacity(modules.len());
    for &module in modules {
        let repeats = |outer: &&str| module.strip_prefix(*outer).is_some_and(|rest| rest.starts_with('.'));
        if path.last().is_some_and(repeats) {
            path.pop();
        }
        path.push(module);
    }
    path.join(".")
}

/// Returns `true` for `Conv` and `Conv_3`.
fn is_operator(part: &str, operator: &str) -> bool {
    part.strip_prefix(operator).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// Returns `true` for operators that are modules of their own: the module's name is enough.
fn is_module(operator: &str) -> bool {
    operator.ends_with("Pool") || operator.contains("Conv") || operator.contains("MatMul") || operator.contains("Gemm")
}

/// The name with letters, digits and `.-_` only, cut to a length.
pub(super) fn clean(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_' { c } else { '_' };
    let name: String = name.chars().take(LONGEST).map(safe).collect();
    name.trim_matches(['_', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, operator: &str) -> NodeProto {
        NodeProto { name: name.to_owned(), op_type: operator.to_owned(), ..NodeProto::default() }
    }

    #[test]
    fn names_come_from_weights_then_from_paths() {
        let mut names = Names::default();
        assert_eq!(names.of(&node("node_Conv_1", "Conv"), Some("layer1.0.conv1.weight")), "layer1.0.conv1");
        assert_eq!(names.of(&node("/features/features.0/features.0.0/Conv", "Conv"), None), "features.0.0");
        assert_eq!(names.of(&node("/layer1/layer1.0/conv2/Conv", "Conv"), None), "layer1.0.conv2");
        assert_eq!(names.of(&node("/layer1/layer1.0/Add", "Add"), None), "layer1.0.add");
        assert_eq!(names.of(&node("/features/features.4/conv/conv.2/Conv", "Conv"), None), "features.4.conv.2");
        let inner = "/features/features.1/conv/conv.0/conv.0.0/Conv";
        assert_eq!(names.of(&node(inner, "Conv"), None), "features.1.conv.0.0");
        assert_eq!(names.of(&node("/block/block/conv/Conv_1", "Conv"), None), "block.block.conv");
        assert_eq!(names.of(&node("Add_3", "Add"), None), "Add_3");
        assert_eq!(names.of(&node("Add_3", "Add"), None), "Add_3.2");
        assert_eq!(names.of(&node("", "Add"), None), "add");
        assert_eq!(names.of(&node("input", "Add"), None), "input.2");
        assert_eq!(names.of(&node("a,b\n\u{1b}[31m", "Add"), None), "a_b___31m");
    }
}
