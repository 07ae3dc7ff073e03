//! Whatever the bytes, a reader returns: a sound result or an error, in bounded time and memory.

use proptest::prelude::*;

use super::*;

const OFF: &str = "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n4 0 1 2 3\n";
const OBJ: &str = "o a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/9\nf -3 -2 \\\n -1\n";
const STL: &str = "solid t\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid t\n";
const VRML: &str = "#VRML V2.0 utf8\nShape { geometry IndexedFaceSet { coordIndex [0,1,2,-1] coord DEF c Coordinate { point [0 0 0,1 0 0,0 1 0] } } }\nShape { geometry IndexedFaceSet { coord USE c coordIndex [0 1 2] } }\n";

const EXAMPLES: [(MeshFormat, &str); 4] =
    [(MeshFormat::Off, OFF), (MeshFormat::Obj, OBJ), (MeshFormat::Stl, STL), (MeshFormat::Vrml, VRML)];

/// A valid file with a few bytes replaced, removed or doubled, and possibly cut off.
fn damaged(original: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0u8..3, any::<u8>());
    (prop::collection::vec(edit, 0..6), any::<prop::sample::Index>(), any::<bool>()).prop_map(
        move |(edits, end, cut)| {
            let mut bytes = original.to_vec();
            for (place, kind, value) in edits {
                let at = place.index(bytes.len());
                match kind {
                    0 => bytes[at] = value,
                    1 if bytes.len() > 1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, bytes[at]),
                }
            }
            if cut {
                bytes.truncate(end.index(bytes.len()));
            }
            bytes
        },
    )
}

#[test]
fn the_examples_are_valid() {
    for (format, text) in EXAMPLES {
        assert!(format.read(text.as_bytes()).is_ok(), "{format:?}");
    }
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
    fn damaged_meshes_are_answered(
        off in damaged(OFF.as_bytes()), obj in damaged(OBJ.as_bytes()), stl in damaged(STL.as_bytes()), vrml in damaged(VRML.as_bytes()),
    ) {
        for ((format, _), bytes) in EXAMPLES.iter().zip([off, obj, stl, vrml]) {
            if let Ok(mesh) = format.read(&bytes) {
                prop_assert_eq!(mesh.check(), Ok(()));
            }
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
