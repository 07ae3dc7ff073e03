pub const RESOLUTIONS: [u64; 4] = [96, 128, 160, 192];
pub const STAGE_CHANNELS: [[u64; 3]; 5] = [
    [16, 16, 24],
    [16, 24, 32],
    [32, 40, 48],
    [64, 80, 104],
    [88, 112, 144],
];
pub const STAGE_STRIDES: [u64; 5] = [1, 2, 2, 2, 1];
pub const KERNELS: [u64; 2] = [3, 5];
pub const EXPANSIONS: [u64; 3] = [3, 4, 6];
pub const MEMORY_LIMIT: u64 = 524_288;
pub const LATENCY_LIMIT: f64 = 0.050;

#[derive(Clone, Copy, Debug)]
pub struct Evaluation { pub latency: f64, pub negative_capacity: f64, pub memory: u64 }
pub struct Device { pub dense: f64, pub depthwise: f64, pub byte: f64 }
pub const SENSOR: Device = Device { dense: 1.0 / (64.0 * 2e8), depthwise: 1.0 / (9.0 * 2e8), byte: 1.0 / 1.6e9 };
pub const AGG: Device = Device { dense: 1.0 / (1024.0 * 8e8), depthwise: 1.0 / (32.0 * 8e8), byte: 1.0 / 1.28e10 };
pub struct Block { pub sensor: f64, pub agg: f64, pub weights: u64, pub peak: u64, pub out: u64, pub cap: f64 }
pub fn block(ci: u64, co: u64, h: u64, st: u64, k: u64, e: u64) -> Block {
    let m = ci * e;
    let ho = (h + st - 1) / st;
    let (a0, a1, a2, a3) = (ci * h * h, m * h * h, m * ho * ho, co * ho * ho);
    let res = if st == 1 && ci == co { a0 } else { 0 };
    let (m1, m2, m3) = (a1 * ci, a2 * k * k, a3 * m);
    let (w1, w2, w3) = (ci * m, m * k * k, m * co);
    let t = |d: &Device| {
        (m1 as f64 * d.dense).max((a0 + a1 + w1) as f64 * d.byte)
            + (m2 as f64 * d.depthwise).max((a1 + a2 + w2) as f64 * d.byte)
            + (m3 as f64 * d.dense).max((a2 + a3 + w3 + res) as f64 * d.byte)
    };
    Block { sensor: t(&SENSOR), agg: 4.0 * t(&AGG), weights: w1 + w2 + w3,
        peak: (a0 + a1).max(res + a1 + a2).max(res + a2 + a3), out: a3,
        cap: ((1 + m1 + m2 + m3) as f64).log2() * ((1 + w1 + w2 + w3) as f64).log2() / 100.0 }
}
pub fn evaluate(g: &[u8]) -> Evaluation {
    let r = RESOLUTIONS[g[0] as usize];
    let mut split = g[21] as u64;
    let mut h = r / 2;
    let out = 16 * h * h;
    let mut ts = ((out * 27) as f64 * SENSOR.dense).max((3 * r * r + out + 432) as f64 * SENSOR.byte);
    let (mut ta, mut w, mut peak, mut cut, mut cap, mut ci) = (0.0, 432, 3 * r * r + out, out, 2.0 * (r as f64).log2(), 16);
    for s in 0..5 {
        let depth = 2 + g[1 + s] as u64;
        let co = STAGE_CHANNELS[s][g[6 + s] as usize];
        let k = KERNELS[g[11 + s] as usize];
        let e = EXPANSIONS[g[16 + s] as usize];
        let mut run = |b: &Block, n: u64| {
            let on = n.min(split);
            split -= on;
            if on > 0 { ts += b.sensor * on as f64; w += b.weights * on; peak = peak.max(b.peak); cut = b.out; }
            ta += b.agg * (n - on) as f64;
            cap += b.cap * n as f64;
        };
        run(&block(ci, co, h, STAGE_STRIDES[s], k, e), 1);
        h = h.div_ceil(STAGE_STRIDES[s]);
        run(&block(co, co, h, 1, k, e), depth - 1);
        ci = co;
    }
    let a = ci * h * h;
    let b = 1280 * h * h;
    ta += 4.0 * ((a * 1280) as f64 * AGG.dense).max((a + b + ci * 1280) as f64 * AGG.byte);
    ta += (51_200.0 * AGG.dense).max(56_320.0 * AGG.byte);
    let cr = 1u64 << g[22];
    let comm = cut.div_ceil(cr) as f64 * 8e-8 + 50e-6;
    cap -= 0.15 * f64::from(g[22]);
    Evaluation { latency: ts + comm + ta, negative_capacity: -cap, memory: w + peak }
}
