//! Whatever the bytes, a reader returns: a sound result or an error, in bounded time and memory.

use proptest::prelude::*;

use super::*;

const OFF: &str = "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n4 0 1 2 3\n";
const OBJ: &str = "o a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/9\nf -3 -2 \\\n -1\n";
const STL: &str = "solid t\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid t\n";
const VRML: &str = "#VRML V2.0 utf8\nShape { geometry IndexedFaceSet { coordIndex [0,1,2,-1] coord DEF c Coordinate { point [0 0 0,1 0 0,0 1 0] } } }\nShape { geometry IndexedFaceSet { coord USE c coordIndex [0 1 2] } }\n";

const EXAMPLES: [(MeshFormat, &str); 4] =
    [(MeshFormat::Off, OFF), (MeshFormat::Obj, OBJ), (MeshFormat::Stl, STL), (MeshFormat::Vrml, VRML)];

/// Damage to a valid file: a few bytes replaced, removed or doubled, and the place at which it is cut off.
type Damage = (Vec<(prop::sample::Index, u8, u8)>, Option<prop::sample::Index>);

fn damage() -> impl Strategy<Value = Damage> {
    let edit = (any::<prop::sample::Index>(), 0u8..3, any::<u8>());
    (prop::collection::vec(edit, 0..6), any::<Option<prop::sample::Index>>())
}

fn damaged(original: &[u8], (edits, end): &Damage) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for (place, kind, value) in edits {
        let at = place.index(bytes.len());
        match kind {
            0 => bytes[at] = *value,
            1 if bytes.len() > 1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, bytes[at]),
        }
    }
    if let Some(end) = end {
        bytes.truncate(end.index(bytes.len()));
    }
    bytes
}

/// One small picture in every format that is read.
fn pictures() -> Vec<Vec<u8>> {
    use image::ImageFormat::{Bmp, Jpeg, Png, Pnm, Tiff, WebP};
    let picture = image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 90]));
    let written = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("memory");
        bytes.into_inner()
    };
    [Bmp, Jpeg, Png, Pnm, Tiff, WebP].map(written).to_vec()
}

/// A binary STL file with a triangle.
fn binary_stl() -> Vec<u8> {
    let mut bytes = vec![b' '; 80];
    bytes.extend(1u32.to_le_bytes());
    bytes.extend([0.0f32, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0].map(f32::to_le_bytes).concat());
    bytes.extend([0; 2]);
    bytes
}

/// An IDX file with images, packed by gzip.
fn packed_idx() -> Vec<u8> {
    let bytes = [[0x803u32, 3, 4, 5].map(u32::to_be_bytes).concat(), (0..60).collect()].concat();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn the_examples_are_valid() {
    for (format, text) in EXAMPLES {
        assert!(format.read(text.as_bytes()).is_ok(), "{format:?}");
    }
    for picture in pictures() {
        assert_eq!(picture::decode(&picture).expect("valid").width(), 9);
    }
    assert!(stl::read(&binary_stl()).is_ok() && idx::read_images(packed_idx().as_slice()).is_ok());
    assert_eq!(MeshFormat::of_extension("OBJ"), Some(MeshFormat::Obj));
    assert_eq!(MeshFormat::of_extension("step"), None);
}

#[test]
fn a_mesh_without_triangles_is_refused() {
    let error = MeshFormat::Obj.read(b"v 0 0 0\n").expect_err("empty");
    assert_eq!(error.to_string(), "it has no triangles");
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (format, _) in EXAMPLES {
            if let Ok(mesh) = format.read(&bytes) {
                prop_assert_eq!(mesh.check(), Ok(()));
            }
        }
        let _ = idx::read_images(bytes.as_slice());
        let _ = idx::read_labels(bytes.as_slice());
        let _ = cifar::Variant::Ten.read(&bytes);
        let _ = picture::decode(&bytes);
    }

    #[test]
    fn damaged_meshes_are_answered(damage in damage()) {
        let text = EXAMPLES.map(|(format, text)| (format, text.as_bytes().to_vec()));
        for (format, original) in text.into_iter().chain([(MeshFormat::Stl, binary_stl())]) {
            if let Ok(mesh) = format.read(&damaged(&original, &damage)) {
                prop_assert_eq!(mesh.check(), Ok(()));
            }
        }
    }

    #[test]
    fn damaged_pictures_are_answered(damage in damage()) {
        for original in pictures() {
            if let Ok(picture) = picture::decode(&damaged(&original, &damage)) {
                let mut planes = [0; 3 * 64];
                picture::scale(&picture, picture::CropWindow::WHOLE, 8, &mut planes);
            }
        }
        if let Ok(images) = idx::read_images(damaged(&packed_idx(), &damage).as_slice()) {
            prop_assert_eq!(images.pixels.len(), images.count * images.rows * images.columns);
        }
    }

    #[test]
    fn damaged_batches_are_answered(damage in damage(), label in 0u8..12) {
        let record = [vec![label; 2], vec![7; cifar::PIXELS]].concat();
        if let Ok((labels, pixels)) = cifar::Variant::Hundred.read(&damaged(&record, &damage)) {
            prop_assert_eq!((labels.len(), pixels.len()), (1, cifar::PIXELS));
        }
    }

    #[test]
    fn idx_headers_promise_what_they_hold(count in 0u32..4, rows in 0u32..4, columns in 0u32..4, length in 0usize..70) {
        let mut bytes = [0x803, count, rows, columns].map(u32::to_be_bytes).concat();
        bytes.resize(16 + length, 1);
        let fits = (count * rows * columns) as usize == length;
        prop_assert_eq!(idx::read_images(bytes.as_slice()).is_ok(), fits);
    }
}
