//! Reports as the tools write them: ONNX Runtime 1.32 and Vela 5.2 really did; that of TFLite has the sections and
//! columns of its source, those of ST the keys of published files (ST Edge AI 2.1 and 3.0), of which none has times.

use super::*;

/// Events of two runs of a network, without the fields that are not read.
const ONNX_RUNTIME: &str = r#"[
{"cat": "Session","pid":1,"tid":1,"dur":993,"ts":4,"ph":"X","name":"model_loading_uri","args":{}},
{"cat": "Node","pid":1,"tid":1,"dur":156,"ts":8,"ph":"X","name":"stem_nchwc_kernel_time","args":{"op_name":"Conv"}},
{"cat": "Node","pid":1,"tid":1,"dur":143,"ts":9,"ph":"X","name":"S1.1.expand_nchwc_kernel_time","args":{"op_name":"Conv"}},
{"cat": "Node","pid":1,"tid":1,"dur":11,"ts":10,"ph":"X","name":"ReorderOutput_kernel_time","args":{"op_name":"ReorderOutput"}},
{"cat": "Session","pid":1,"tid":1,"dur":345335,"ts":7,"ph":"X","name":"SequentialExecutor::Execute","args":{}},
{"cat": "Node","pid":1,"tid":1,"dur":20,"ts":18,"ph":"X","name":"stem_nchwc_kernel_time","args":{"op_name":"Conv"}},
{"cat": "Node","pid":1,"tid":1,"dur":38,"ts":19,"ph":"X","name":"S1.1.expand_nchwc_kernel_time","args":{"op_name":"Conv"}}
]"#;

const VELA: &str = "\
Original Operator,NNG Operator,Target,Staging Usage,Peak% (Staging),Op Cycles,Network% (cycles),NPU,SRAM AC,DRAM AC,OnFlash AC,OffFlash AC,MAC Count,Network% (MAC),Util% (MAC),Name
Conv2D,Conv2D,NPU,17632,34.51299718133417,7582,6.717581599744834,7582,2930,0,0,624,73728,3.481624758220503,7.596940121340015,stem
Conv2D,Relu,NPU,0,0.0,0,0.0,0,0,0,0,0,0,0.0,100,stem
Conv2D,Conv2D,NPU,49856,97.58847478860007,17280,15.309919552043095,17280,6912,0,0,5120,262144,12.379110251450676,11.851851851851851,S1.1.expand
";

const TFLITE: &str = "\
Profiling Info for Benchmark Initialization:
============================== Run Order ==============================
node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
AllocateTensors, 0, 0.03, 0.03, 100%, 100%, 0, 1, AllocateTensors/0

============================== Summary by node type ==============================
node type, count, avg_ms, avg %, cdf %, mem KB, times called
AllocateTensors, 1, 0.03, 100%, 100%, 0, 1

Operator-wise Profiling Info for Regular Benchmark Runs:
============================== Run Order ==============================
node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
CONV_2D, 0, 0.11, 0.09, 60%, 60%, 0, 1, [stem]:0
CONV_2D, 0.09, 0.07, 0.06, 40%, 100%, 0, 1, [S1.1.expand]:1

============================== Top by Computation Time ==============================
node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
CONV_2D, 0, 0.11, 0.09, 60%, 60%, 0, 1, [stem]:0

============================== Summary by node type ==============================
node type, count, avg_ms, avg %, cdf %, mem KB, times called
CONV_2D, 2, 0.15, 100%, 100%, 0, 2
";

const ST: &str = r#"{"json_schema_version": "2.0", "graphs": [{"nodes": [
{"name": "stem", "id": 0, "macc": 73728, "c_durations": [0.5, 0.7]},
{"name": "S1.1.expand", "id": 1, "macc": 262144, "c_durations": [1.5, 1.5]}]}]}"#;

/// Newer versions have no start, tabs between outputs, and profiles of what delegates do.
const NEWER_TFLITE: &str = "\
Operator-wise Profiling Info for Regular Benchmark Runs:
============================== Run Order ==============================
node type, first, avg_ms, %, cdf%, mem KB, times called, name
CONV_2D, 0.11, 0.09, 60%, 60%, 0, 1, [stem\tother]:0
TfLiteXNNPackDelegate, 0.07, 0.06, 40%, 100%, 0, 1, [S1.1.expand]:1

============================== Top by Computation Time ==============================
node type, first, avg_ms, %, cdf%, mem KB, times called, name
CONV_2D, 0.11, 0.09, 60%, 60%, 0, 1, [stem\tother]:0

Timings (microseconds): count=50 first=180 curr=150 min=149 max=180 avg=150 std=4
Memory (bytes): count=0
2 nodes observed

Delegate internal:\x20
============================== Run Order ==============================
node type, first, avg_ms, %, cdf%, mem KB, times called, name
Delegate/Convolution (NHWC), 0.05, 0.05, 100%, 100%, 0, 1, Delegate/Convolution (NHWC):0
";

/// Nodes as the compiler of the accelerator makes them, with its estimates.
const ST_ESTIMATES: &str = r#"{"json_schema_version": "2.0", "graphs": [{"name": "n", "nodes": [
{"name": "epoch_3", "id": 239, "macc": 0, "mapping": "NODE_EC", "original_nodes": ["stem"], "subgraph_nodes": [
  {"name": "Conv2D_3", "id": 240, "macc": 0, "mapping": "NODE_HW", "original_nodes": []}]},
{"name": "S1.1.expand", "id": 243, "macc": 0, "mapping": "NODE_SW", "original_nodes": ["7"], "subgraph_nodes": []},
{"name": "epoch_5", "id": 245, "macc": 0, "mapping": "NODE_SW", "original_nodes": [], "subgraph_nodes": []}]}],
"power_estimates": [{"node_id": 239, "max_cycles": 301056, "compute_cycles": 301056, "ops": 11239424},
{"node_id": 243, "max_cycles": 401410, "compute_cycles": 0, "ops": 0}]}"#;

/// Rows in which each layer may have a file of its own.
const INDEX: &str = "name,kind,cin,cout,k,stride,pad,hin,win,groups,file
stem,conv,1,8,3,1,1,32,32,1,001-stem
S1.1.expand,conv,8,32,1,1,0,32,32,1,002-S1.1.expand
S1.1.add,add,16,16,1,1,0,16,16,1,003-S1.1.add
";

fn report(path: &str, text: &str) -> ToolReport {
    ToolReport::read(&Source::new(path, text), Some(500e6)).unwrap_or_else(|error| panic!("{error}"))
}

fn index() -> Source {
    Source::new("index.csv", INDEX)
}

#[test]
fn each_tool_s_report_becomes_a_table_of_microseconds() {
    for (text, stem, expand) in [
        (ONNX_RUNTIME, "88.000", "90.500"),
        (VELA, "15.164", "34.560"),
        (TFLITE, "90.000", "60.000"),
        (NEWER_TFLITE, "90.000", "60.000"),
        (ST, "600.000", "1500.000"),
        (ST_ESTIMATES, "602.112", "802.820"),
    ] {
        let table = reported_table(&index(), &[report("network", text)]).unwrap();
        let lines: Vec<&str> = table.text.lines().collect();
        assert_eq!(lines.len(), 3, "{}", table.text);
        assert!(lines[0].ends_with("groups,file,us"));
        assert!(lines[1].starts_with("stem,conv,1,8,") && lines[1].ends_with(&format!(",{stem}")), "{}", lines[1]);
        assert!(lines[2].ends_with(&format!(",{expand}")), "{}", lines[2]);
        assert_eq!(table.missing, ["S1.1.add"]);
        crate::hardware::parse_measured(&Source::new("t.csv", table.text)).unwrap();
    }
}

#[test]
fn durations_of_st_are_found_by_their_word_and_the_key_is_named() {
    for (key, value, microseconds) in [
        ("c_durations", "[0.5, 0.7]", "600.000"),
        ("duration_ms", "0.5", "500.000"),
        ("inference_duration_us", "250", "250.000"),
        ("Node_Duration", "[2.0]", "2000.000"),
        ("mean_duration_s", "1e-3", "1000.000"),
    ] {
        let text = format!(r#"{{"graphs": [{{"nodes": [{{"name": "stem", "id": 0, "{key}": {value}}}]}}]}}"#);
        let read = report("network_c_info.json", &text);
        let guess = read.guess().unwrap();
        assert!(guess.contains(&format!("`{key}`")) && guess.contains("guess"), "{guess}");
        let table = reported_table(&index(), &[read]).unwrap().text;
        assert!(table.lines().nth(1).unwrap().ends_with(&format!(",{microseconds}")), "{key}: {table}");
    }
    assert_eq!(report("r", ST_ESTIMATES).guess(), None);
    let worded = r#"{"graphs": [{"nodes": [{"name": "stem", "duration": "long", "durations": []}]}]}"#;
    assert!(ToolReport::read(&Source::new("r", worded), None).is_err());
}

#[test]
fn reports_of_single_layers_are_told_by_the_names_of_their_files() {
    let one = |name: &str, us: u32| {
        let node = |name: &str, us: u32| format!(r#"{{"cat":"Node","dur":{us},"name":"{name}_kernel_time"}}"#);
        format!("[{},{}]", node("ReorderInput", 400), node(name, us))
    };
    let reports = [
        report("times/001-stem_2026-11-29.json", &one("001-stem_nchwc", 7)),
        report("times/001-stem_2026-11-30.json", &one("001-stem_nchwc", 9)),
        report("003-S1.1.add/profile.json", &one("Add:003-S1.1.add", 5)),
        report("times/002-S1.1.expand2.json", &one("elsewhere", 3)),
    ];
    let table = reported_table(&index(), &reports).unwrap();
    assert!(table.text.contains("001-stem,8.000\n") && table.text.contains("003-S1.1.add,5.000\n"), "{}", table.text);
    assert_eq!(table.missing, ["S1.1.expand"]);
}

#[test]
fn what_is_no_report_is_refused_at_its_place() {
    let untimed = r#"{"graphs": [{"nodes": [{"name": "stem", "macc": 1}]}]}"#;
    for (text, part, place) in [
        ("", "no report of a known tool", (1, 1)),
        ("a,b\n1,2\n", "no report of a known tool", (1, 1)),
        ("[{\"cat\": 5}]", "no", (1, 10)),
        ("[\n{\"cat\":", "this is not a profile of ONNX Runtime", (2, 7)),
        ("[]", "no operator with a time", (1, 1)),
        ("{\"graphs\": 7}", "this is not a file of ST Edge AI", (1, 12)),
        ("{}", "no nodes below `graphs`", (1, 1)),
        (untimed, "no node has a time", (1, 1)),
        ("Name,Op Cycles\nstem,many\n", "`many` is not a number of cycles", (2, 6)),
        ("Op Cycles\n5\n", "the column `Name` is missing", (1, 1)),
        ("Name,Op Cycles\nstem\n", "only 1 cells", (2, 5)),
        ("node type, avg_ms, name\nCONV, x, [a]:0\n", "`x` is not a time", (2, 7)),
    ] {
        let error = ToolReport::read(&Source::new("r", text), Some(1e6)).expect_err(text);
        assert!(error.message.contains(part), "{text}: {}", error.message);
        assert_eq!(error.position(), place, "{text}: {}", error.message);
    }
    let error = ToolReport::read(&Source::new("r", VELA), None).unwrap_err();
    assert!(error.message.contains("without the clock") && error.position() == (1, 69), "{:?}", error.position());
    let error = ToolReport::read(&Source::new("r", ST_ESTIMATES), None).unwrap_err();
    assert!(error.message.contains("without the clock") && error.help.is_some());
    let other = Source::new("other.csv", "name,kind,cin,cout,hin\nelse,conv,1,8,32\n");
    let error = reported_table(&other, &[report("r", ST)]).unwrap_err();
    assert!(error.message.contains("no report tells of any layer") && error.help.is_some());
    assert!(reported_table(&Source::new("other.csv", "a,b\n"), &[report("r", ST)]).is_err());
}
