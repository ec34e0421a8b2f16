/* The bytes of the log: two writers, two readers, and a demon that kills a writer between any two
 * stores. No process sleeps in this model; wake.pml models sleeping and waking.
 *
 * Step of the model   stands for
 * Writer              shm/log_writer.cpp: append_locked, add, commit; Batch::write a unit at a time
 *   find_first        shm/log_writer.cpp: make_room, the loop
 *   its first steps   shm/robust_mutex.cpp: lock, make_consistent; shm/log_lock.cpp: repair
 * Reader              server/delivery.cpp: serve, deliver_overrun; shm/log_reader.cpp: read,
 *                     list_own; copy_ring a unit at a time
 * Archiver            with STORE: store/archiver.cpp: store_new, publish
 * Demon               the kill; the kernel marks the lock
 *
 * A record of writer 0 is one unit long, one of writer 1 two units. Stores become visible in order,
 * because order_stores() is a release fence and order_loads() an acquire fence.
 *
 * Options: STORE: there is an archiver; MESSAGES: how many each writer sends; KILLS: at most so many;
 * READERS: how many; RING and ENTRIES: the sizes of the ring and of its index; MUTATION_x: a seeded fault.
 */
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef READERS
#define READERS 2
#endif

#ifndef RING
#define RING 4 /* units */
#endif
#ifndef ENTRIES
#define ENTRIES 4 /* of the index */
#endif
#define BATCH 2   /* at most so many records are appended under one lock */
#define LAST (2 * MESSAGES)
#define SIZE(s) ((s) + 1)
#define AT(id) ((id) % ENTRIES)

#define FREE 0
#define DIED 255
byte owner = FREE;
byte last_id;
byte first_id = 1;
byte stored_id;
byte derived_id;
byte ring[RING];         /* each unit holds the id of its record */
byte position[ENTRIES];  /* in the log, so it never wraps around */
byte sender[ENTRIES];
byte seq[ENTRIES];
byte last_seq[2];

bool is_killed[2];
byte kills = KILLS;

/* Only for the checks. */
byte committed[2];        /* seqs of that writer in the log */
byte sender_of[LAST + 2]; /* by id */

#ifdef STORE
#define MAY_GIVE_UP(first) ((first) == first_id || (first) <= stored + 1)
#else
#define MAY_GIVE_UP(first) true
#endif

hidden byte u;

#ifdef MUTATION_INDEX_ONE_TOO_MANY
#define ENTRIES_LEFT ENTRIES
#else
#define ENTRIES_LEFT (ENTRIES - 1)
#endif

/* Sets `first` to the first id that remains in the ring when one more record is written. Only the
 * holder of the lock changes the positions, so one step can read them all. */
inline find_first(s) {
    atomic {
        first = first_id;
        do
        :: end + SIZE(s) - position[AT(first)] > RING || last + 2 - first > ENTRIES_LEFT -> first++
        :: else -> break
        od
    }
}

proctype Writer(byte s) {
    byte last, end, n, first, stored, i, id;
    bool is_full;
    do
    :: {
            do
            :: committed[s] < MESSAGES ->
                if
                :: atomic { owner == FREE -> owner = s + 1 }
                :: atomic { owner == DIED -> owner = s + 1 };
                    id = derived_id + 1; /* repair() */
                    do
                    :: id <= last_id ->
                        d_step {
                            u = sender[AT(id)];
                            last_seq[u] = (seq[AT(id)] > last_seq[u] -> seq[AT(id)] : last_seq[u]);
                            u = 0
                        }
                        id++
                    :: else -> break
                    od;
                    atomic { derived_id = last_id; id = 0 }
                fi;
                atomic { /* append_locked() */
                    last = last_id;
                    end = position[AT(last + 1)];
                    n = last_seq[s];
                    stored = stored_id
                }
                do
                :: n < MESSAGES && last < last_id + BATCH ->
                    find_first(s);
                    if
                    :: !MAY_GIVE_UP(first) -> is_full = 1; break
                    :: else
                    fi;
#ifndef MUTATION_FIRST_ID_LATE
                    first_id = first; /* before the bytes (3) */
#endif
                    do
                    :: i < SIZE(s) ->
                        atomic { ring[end % RING] = last + 1; i++; end++ }
                    :: else -> i = 0; break
                    od;
#ifdef MUTATION_FIRST_ID_LATE
                    first_id = first;
#endif
                    atomic { last++; n++; sender[AT(last)] = s; seq[AT(last)] = n }
#ifndef MUTATION_INDEX_LATE
                    position[AT(last + 1)] = end
#endif
                :: else -> break
                od;
                if
                :: last != last_id ->
                    d_step { /* the commit point (1); the other lines are checks */
                        for (u : last_id + 1 .. last) {
                            committed[s]++;
                            assert(seq[AT(u)] == committed[s]); /* nothing twice (6) */
                            sender_of[u] = s
                        }
                        u = 0;
                        last_id = last;
                        assert(first_id <= last_id + 1) /* (2) */
                    }
#ifdef MUTATION_INDEX_LATE
                    position[AT(last + 1)] = end;
#endif
                    last_seq[s] = n;
                    derived_id = last_id
                :: else
                fi;
                owner = FREE;
                atomic { last = 0; end = 0; n = 0; first = 0 }
#ifdef STORE
                if /* wait_for_space() */
                :: is_full && stored_id != stored -> is_full = 0
                :: !is_full
                fi;
                stored = 0
#endif
            :: else -> break
            od;
            false
        } unless {
            atomic {
                is_killed[s] -> is_killed[s] = 0;
                last = 0; end = 0; n = 0; first = 0; stored = 0; i = 0; id = 0; is_full = 0
            }
        }
    od
}

proctype Reader() {
    byte at, to, start, end, i, own;
    byte copy[RING];
    bool is_bad;
    do
    :: atomic { last_id > at -> to = last_id };
        if
        :: first_id <= at + 1 ->
            start = position[AT(at + 1)];
            end = position[AT(to + 1)];
            if
            :: end < start || end - start > RING -> is_bad = 1
            :: else
            fi;
            do
            :: !is_bad && start + i < end -> atomic { copy[i] = ring[(start + i) % RING]; i++ }
            :: else -> break
            od;
            own = sender[AT(at + 1)];
            if
#ifdef MUTATION_NO_CHECK_OF_COPY
            :: true ->
#else
            :: first_id <= at + 1 -> /* (3): only now may the copy be used */
#endif
                d_step {
                    assert(!is_bad);
                    assert(own == sender_of[at + 1]);
                    i = 0;
                    do
                    :: at < to ->
                        at++;
                        assert(copy[i] == at); /* every id, in order, whole */
                        assert(sender_of[at] == 0 || copy[i + 1] == at);
                        i = i + SIZE(sender_of[at])
                    :: else -> break
                    od;
                    assert(i == end - start)
                }
            :: else
            fi;
            d_step {
                for (u : 0 .. RING - 1) {
                    copy[u] = 0
                }
                u = 0; start = 0; end = 0; i = 0; own = 0; is_bad = 0; to = 0
            }
        :: else -> /* overrun: the reader is told a GAP, or reads from the store */
            atomic {
                at = first_id - 1;
                to = 0;
#ifdef STORE
                assert(at <= stored_id) /* (4) */
#endif
            }
        fi
    od
}

#ifdef STORE
proctype Archiver() {
    do
    :: atomic {
            stored_id != last_id ->
            assert(first_id <= stored_id + 1); /* (4) */
            stored_id = last_id
        }
    od
}
#endif

proctype Demon() {
    do
    :: atomic {
            kills > 0 -> kills--;
            if
            :: is_killed[0] = 1; owner = (owner == 1 -> DIED : owner)
            :: is_killed[1] = 1; owner = (owner == 2 -> DIED : owner)
            fi
        }
    :: kills = 0; break
    od
}

proctype Monitor() {
    atomic {
        timeout -> /* no other step is possible */
        assert(committed[0] == MESSAGES && committed[1] == MESSAGES);
        assert(last_id == LAST && last_id - committed[0] == committed[1]);
        assert(owner == FREE || owner == DIED)
    }
}

init {
    byte i;
    atomic {
        for (i : 1 .. READERS) {
            run Reader()
        }
        run Writer(0);
        run Writer(1);
#ifdef STORE
        run Archiver();
#endif
        run Demon();
        run Monitor()
    }
}
