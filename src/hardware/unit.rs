//! JSON Schemas of constants, one function a dimension.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::Dimension;

fn constant(dimension: Dimension) -> Schema {
    let units: Vec<&str> = dimension.units().iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
    let mut table = json_schema!({
        "type": "object",
        "required": ["value"],
        "additionalProperties": false,
        "properties": {
            "value": { "type": "number", "minimum": 0 },
            "source": { "type": "string", "description": "Source of the figure." },
            "assumed": { "type": "boolean", "description": "`true` if it is an assumption rather than published." },
        },
    });
    if !units.is_empty()
        && let Some(properties) = table.get_mut("properties").and_then(|properties| properties.as_object_mut())
    {
        properties.insert("unit".into(), serde_json::json!({ "type": "string", "enum": units }));
    }
    json_schema!({ "anyOf": [{ "type": "number", "minimum": 0 }, table] })
}

pub(super) fn time(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Time)
}

pub(super) fn memory(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Memory)
}

pub(super) fn energy(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Energy)
}

pub(super) fn power(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Power)
}

pub(super) fn frequency(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Frequency)
}

pub(super) fn bandwidth(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Bandwidth)
}

pub(super) fn bytes_per_cycle(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::BytesPerCycle)
}

pub(super) fn per_cycle(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::PerCycle)
}

pub(super) fn share(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Share)
}

pub(super) fn count(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Count)
}
