package io.kanerva.spark;

/** Which row: what messages call it. Made for each row, so that its text is only made when it is needed. */
record RowName(String keyColumn, Object key, String orderColumn, Object order) {

    private static final int LONGEST = 60;

    @Override
    public String toString() {
        String name = "the row of " + keyColumn + " = " + shown(key);
        return orderColumn == null ? name : name + ", " + orderColumn + " = " + shown(order);
    }

    /** Text of others, in a sentence that may reach a terminal. */
    static String shown(Object value) {
        String text = String.valueOf(value).replaceAll("\\p{Cntrl}", "?");
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }
}
