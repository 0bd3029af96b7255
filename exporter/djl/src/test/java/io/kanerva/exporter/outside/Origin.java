package io.kanerva.exporter.outside;

/**
 * Where a kind of block can be found. The blocks here are written anew; nothing is copied.
 *
 * @param title in the table
 * @param address public, or empty for what is common knowledge
 * @param licence of the original
 */
record Origin(String title, String address, String licence) {
    static final Origin BOOK = new Origin(
            "Dive into Deep Learning, Java edition",
            "https://github.com/deepjavalibrary/d2l-java",
            "code MIT-0, text CC BY-SA 4.0");
    static final Origin BOOK_KOTLIN =
            new Origin("Dive into Deep Learning in Kotlin", "https://github.com/takanori-ugai/D2J", "Apache-2.0");
    static final Origin BOOK_COURSE = new Origin(
            "Dive into Deep Learning, a course's edition", "https://github.com/hyfly233/t-djl", "none stated");
    static final Origin DJL =
            new Origin("DJL, its examples and extensions", "https://github.com/deepjavalibrary/djl", "Apache-2.0");
    static final Origin NERF = new Origin("NeRF in Scala", "https://github.com/DoubiZhizun/NeRF", "none stated");
    static final Origin MAGE = new Origin("Mage's learning player", "https://github.com/magefree/mage", "MIT");
    static final Origin MUZERO = new Origin("MuZero in Java", "https://github.com/enpasos/muzero", "Apache-2.0");
    static final Origin RL = new Origin("RL examples", "https://github.com/yunjhongwu/DJL-RL-examples", "none stated");
    static final Origin PPO = new Origin("DJL-RL", "https://github.com/Caojunqi/DJL-RL", "none stated");
    static final Origin GNN =
            new Origin("Streaming graph networks", "https://github.com/Rustam-Warwick/d3-gnn", "none stated");
    static final Origin BITNET =
            new Origin("BitNet b1.58 in Java", "https://github.com/rcst-thesis/maral-b1.58", "none stated");
    static final Origin DIFFUSION = new Origin(
            "Diffusion models in Java",
            "https://github.com/srjunkacct/claude-diffusion-probabilistic-models",
            "none stated");
    /** Architectures of papers that people write in DJL as they do in any framework. */
    static final Origin PAPERS = new Origin("as in the paper", "", "");
    /** Habits of users in forums and issues. */
    static final Origin HABITS = new Origin("a habit of the interface", "", "");
}
