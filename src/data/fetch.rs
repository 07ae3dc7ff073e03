//! Ways to get the sets that are not built in: commands for the user to run. Nothing is run from here.

use super::spec::DataSource;

/// Instructions for getting a set; `None` for sets that have nothing to be fetched.
pub(crate) fn instructions(source: DataSource) -> Option<&'static str> {
    match source {
        DataSource::FashionMnist => Some(
            "# Fashion-MNIST: 70,000 pictures of 28 x 28 pixels in 10 classes, 31 MB, MIT (Debian, Ubuntu)\n\
             sudo apt-get install dataset-fashion-mnist\n\
             splitscope data fashion-mnist\n",
        ),
        DataSource::Furniture => Some(
            "# Sweet Home 3D furniture: 820 models, 427 of them in the 11 classes used, 120 MB, CC0 and CC-BY 3.0 (Debian, Ubuntu)\n\
             sudo apt-get install sweethome3d-furniture\n\
             splitscope data furniture\n",
        ),
        DataSource::Kicad => Some(
            "# KiCad parts: 5,907 models in 40 classes, 379 MB to download, CC-BY-SA 4.0 with exception (Debian, Ubuntu).\n\
             # The package takes 5.5 GB when installed; this extracts only the 1.2 GB of .wrl files, without installing.\n\
             apt-get download kicad-packages3d\n\
             dpkg --fsys-tarfile kicad-packages3d_*.deb | tar x --wildcards '*.wrl'\n\
             splitscope data kicad:usr/share/kicad/3dmodels\n",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSpec;

    #[test]
    fn instructions_end_in_a_valid_specification() {
        for source in [DataSource::FashionMnist, DataSource::Furniture, DataSource::Kicad] {
            let text = instructions(source).expect("there are some");
            let last = text.lines().last().expect("lines").strip_prefix("splitscope data ").expect("our command");
            assert_eq!(last.parse::<DataSpec>().expect("valid").source, source);
        }
        assert_eq!(instructions(DataSource::Arrangement), None);
    }
}
