package io.kanerva.example.service;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.GeneratedKeyHolder;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/** The database table of memories. What a method has returned for is committed. */
@Repository
public class MemoryTable {

    private final JdbcClient database;
    private final Kanerva kanerva;

    MemoryTable(JdbcClient database, Kanerva kanerva) {
        this.database = database;
        this.kanerva = kanerva;
    }

    /** The new memory's id. */
    @Transactional
    public long insert(Memory memory) {
        GeneratedKeyHolder id = new GeneratedKeyHolder();
        database.sql("insert into memory (content) values (?)")
                .param(memory.toBytes())
                .update(id, "id");
        return id.getKeyAs(Long.class);
    }

    @Transactional(readOnly = true)
    public Optional<Memory> find(long id) {
        return select("select content from memory where id = ?", id);
    }

    /** Changes a memory and returns the result; requests that change the same one wait for each other. */
    @Transactional
    public Optional<Memory> update(long id, UnaryOperator<Memory> change) {
        Optional<Memory> changed =
                select("select content from memory where id = ? for update", id).map(change);
        changed.ifPresent(memory -> database.sql("update memory set content = ? where id = ?")
                .params(memory.toBytes(), id)
                .update());
        return changed;
    }

    /** Whether there was such a memory. */
    @Transactional
    public boolean delete(long id) {
        return database.sql("delete from memory where id = ?").param(id).update() == 1;
    }

    private Optional<Memory> select(String query, long id) {
        return database.sql(query).param(id).query(byte[].class).optional().map(kanerva::loadMemory);
    }
}
