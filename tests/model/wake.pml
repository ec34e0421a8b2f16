/* Which processes sleep, wake others and die: sessions of two threads each, the archiver, the
 * supervisor, and a demon that kills any of them between any two steps. ring.pml models the bytes.
 *
 * Step of the model      stands for
 * Out                    server/delivery.cpp: serve, then deliver, advance_to or deliver_overrun in one
 *                        step; shm/news.cpp: SessionNews::wait_until; shm/log_reader.cpp: read.
 *                        Where it waits matters with COMMIT alone: elsewhere all wait on NEWS
 * In                     server/appender.cpp: append_pending, append_from, wait_until_visible,
 *                        wait_for_space; shm/news.cpp: wait_until_visible;
 *                        shm/log_writer.cpp: append, and set_appending of shm/session.cpp
 *   announce_own         shm/news.cpp: SessionNews::announce_own
 *   take                 shm/robust_mutex.cpp: lock
 *   look_at_log          shm/log_writer.cpp: append_locked, add, max_first_id, make_room
 *   lock_and_look        shm/log_lock.cpp: lock, mend_if, repair
 *   write_and_commit     shm/log_writer.cpp: make_room (first_id), add, commit; LogLock::unlock
 *   notify_of_append     shm/news.cpp: announce_appended
 * Leaver                 server/client_session.cpp: leave; shm/session.cpp: leave
 * Archive                server/archiver_process.cpp: archive, sleep; store/archiver.cpp: start,
 *                        work, has_new, store_new
 *   publish              store/archiver.cpp: publish; shm/news.cpp: publish_stored;
 *                        shm/news.cpp: StoredNews::announce
 *   count_sleepers, and the loop over `left`
 *                        shm/paced_wake.cpp: begin with small_room = 0, sessions, and wake,
 *                        one at a time; shm/news.hpp: StoredNews::wake_rest
 * Supervise              server/supervisor.cpp: reap, adopt; server/archiver_watchdog.cpp: ended,
 *                        forget, begin
 *   bury                 server/child_table.cpp: bury; shm/session_slots.cpp: reap_slot, give_slot
 *   wake_everybody       shm/news.cpp: wake_everybody
 * kill                   the kernel: the lock is marked, the dead leave the queues
 * Monitor                runs when no other step is possible: lets a wait end, or checks the end state
 *
 * Left out: SIGSTOP (a process that waits for the lock kills a stopped holder, which is a kill like any
 * other), a store that fails or has lost messages, presence, fencing, the socket, and the pauses of
 * wake_rest, which end by themselves within a moment. Memory is sequentially consistent, because each
 * store that others wait for comes before a read-modify-write of the word, which orders it.
 *
 * Options:
 *   SESSIONS, WRITERS, READERS    how many sessions there are; how many of them, from the first on, send
 *                                 and read
 *   FIRST_READER                  the first session that reads, so that the sender need not be a reader
 *   MESSAGES                      how many each writer sends
 *   CAPACITY                      how many records the ring holds; SMALL_RING: fewer than are sent
 *   DURABILITY                    MEMORY, ASYNC, COMMIT
 *   KILLS                         at most so many kills
 *   KILL_SESSIONS, KILL_ARCHIVER, KILL_SUPERVISOR   1: may be killed
 *   SUPERVISOR 0                  it is dead from the start;  ADOPT: a new one starts
 *   ENDS                          0: no wait reaches its deadline;  1: only when no other step is
 *                                 possible;  2: any wait may at any time
 *   PACED                         the archiver wakes with PacedWake
 *   LEAVER                        the last session goes offline, and its process ends later
 *   MUTATION_x                    a seeded fault
 */
#define MEMORY 1
#define ASYNC 2
#define COMMIT 3

#ifndef SESSIONS
#define SESSIONS 2
#endif
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef READERS
#define READERS SESSIONS
#endif
#ifndef FIRST_READER
#define FIRST_READER 0
#endif
#define READS(s) ((s) >= FIRST_READER && (s) < READERS)
#ifndef MESSAGES
#define MESSAGES 1
#endif
#ifndef CAPACITY
#define CAPACITY 4
#endif
#ifndef DURABILITY
#define DURABILITY MEMORY
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef KILL_SESSIONS
#define KILL_SESSIONS 1
#endif
#ifndef KILL_ARCHIVER
#define KILL_ARCHIVER 1
#endif
#ifndef KILL_SUPERVISOR
#define KILL_SUPERVISOR 0
#endif
#ifndef SUPERVISOR
#define SUPERVISOR 1
#endif
#ifndef ENDS
#define ENDS 0
#endif

#define STORE (DURABILITY != MEMORY)

/* Threads: out of session s, in of session s, archiver. */
#define OUT(s) (s)
#define IN(s) (SESSIONS + (s))
#define ARCHIVER_THREAD (2 * SESSIONS)
#define THREADS (2 * SESSIONS + 1)

/* Processes: the sessions, then these. */
#define ARCHIVER SESSIONS
#define SUPER (SESSIONS + 1)
#define PROCESSES (SESSIONS + 2)

#include "condition.pml"

bool alive[PROCESSES];
bool gone[THREADS]; /* the thread of a dead process has ended; the process can be reaped when all have */
byte kills = KILLS;

/* The log. Ids begin at 1. */
#define FREE 0
#define DIED 255
byte owner = FREE;
byte last_id;
byte first_id = 1;
byte stored_id;
byte derived_id;
byte ring[CAPACITY];    /* the id whose record lies here */
byte senders[CAPACITY]; /* the index */
byte seqs[CAPACITY];
#define AT(id) ((id) % CAPACITY)

#if DURABILITY == COMMIT
#define VISIBLE stored_id
#else
#define VISIBLE last_id
#endif

byte last_seq[SESSIONS];
byte cursor[SESSIONS];
bool appending[SESSIONS];

byte database; /* the last id that is committed there */

/* Only for the checks. */
byte committed[SESSIONS]; /* seqs of that client in the log */
bool sent_all[SESSIONS];

#if DURABILITY == COMMIT
#define UNKNOWN 255
byte last_own[SESSIONS]; /* SessionNews: an own message under way, or the last one appended */
bool in_crowd[SESSIONS];
#endif

#ifdef PACED
bool logged_in[SESSIONS]; /* the slot's client is set: from the login until it is reaped */
#endif
#ifdef LEAVER
bool has_left;
#define IS_LEAVER(s) ((s) == SESSIONS - 1)
#define ONLINE(s) (alive[s] && !(IS_LEAVER(s) && has_left))
#else
#define IS_LEAVER(s) false
#define ONLINE(s) (alive[s])
#endif

mtype = { DUPLICATE, NO_SPACE, APPENDED };

/* The step that takes the lock also reads what it guards, because no other process can change it. */
inline look_at_log(s) {
    until = last_id;
    if
    :: n <= last_seq[s] -> result = DUPLICATE
    :: else ->
#if STORE
        until = stored_id; /* stored_seen_ */
#endif
        if
        :: last_id + 2 > first_id + CAPACITY -> new_first = last_id + 2 - CAPACITY
        :: else -> new_first = first_id
        fi;
        if
#if defined(SMALL_RING) && STORE && !defined(MUTATION_OVERWRITE_UNSTORED)
        :: new_first > first_id && new_first > until + 1 -> result = NO_SPACE
#endif
        :: else -> result = APPENDED
        fi
    fi
}

/* The code sets the flag before it takes the lock. A death between the two leaves only the flag, so the
 * model does both in one step. */
inline take(s) {
#ifndef MUTATION_NO_APPENDING_FLAG
    appending[s] = 1;
#endif
    owner = s + 1
}

#if DURABILITY == COMMIT
inline announce_own(s) {
    last_own[s] = UNKNOWN;
#ifndef MUTATION_OWN_NOT_ANNOUNCED
    if
    :: in_crowd[s] -> notify_alone(OUT(s))
    :: else
    fi
#endif
}
#endif

inline lock_and_look(s) {
    if
    :: atomic { n <= MESSAGES && owner == FREE -> take(s); look_at_log(s) }
#ifndef MUTATION_NOT_ROBUST
    :: atomic { n <= MESSAGES && owner == DIED -> take(s) };
        d_step { /* repair(): what is between derived_id and last_id */
            id = derived_id + 1;
            do
            :: id <= last_id ->
#ifndef MUTATION_NO_REPAIR
                if
                :: seqs[AT(id)] > last_seq[senders[AT(id)]] ->
                    last_seq[senders[AT(id)]] = seqs[AT(id)]
                :: else
                fi;
#endif
                id++
            :: else -> break
            od;
            id = 0;
            derived_id = last_id
        }
        atomic { look_at_log(s) } /* from make_consistent() on */
#endif
    fi
}

inline notify_of_append() {
#if STORE
    notify_all(WAKE);
#endif
#if DURABILITY != COMMIT
    notify_all(NEWS);
#endif
}

inline write_and_commit(s) {
    if
    :: new_first != first_id -> first_id = new_first
    :: else
    fi;
#ifdef MUTATION_NOTIFY_FIRST
    notify_of_append();
#endif
    atomic { /* the record, its index entries, the commit point (1); ring.pml takes them apart */
        ring[AT(last_id + 1)] = last_id + 1;
        senders[AT(last_id + 1)] = s;
        seqs[AT(last_id + 1)] = n;
        assert(n == committed[s] + 1); /* nothing twice, nothing left out */
        last_id++;
        committed[s] = n;
#if DURABILITY == COMMIT
        mine = last_id;
#endif
        assert(first_id <= last_id + 1) /* (2) */
    }
    atomic { /* (6), and the end of the lock */
        last_seq[s] = n;
        derived_id = last_id;
        owner = FREE
#ifdef MUTATION_FLAG_CLEARED_EARLY
        ; appending[s] = 0
#endif
    }
}

inline decided(s) {
    appending[s] = 0;
    n++;
    sent_all[s] = n > MESSAGES
}

/* The client of each session sends its messages. After a kill it sends all of them again. */
proctype In(byte s) {
    byte n = 1, id, until, new_first;
#if DURABILITY == COMMIT
    byte mine; /* last_appended_ */
#endif
    mtype result;
    do
    :: !gone[IN(s)] ->
        {
            do
            :: n <= MESSAGES ->
#if DURABILITY == COMMIT
                announce_own(s);
#endif
                lock_and_look(s);
                if
                :: result == APPENDED ->
                    write_and_commit(s);
#ifndef MUTATION_NOTIFY_FIRST
                    notify_of_append();
#endif
                    atomic {
#if DURABILITY == COMMIT
                        last_own[s] = mine; /* set_last_own(), here and below */
#endif
                        decided(s); until = 0; new_first = 0; result = 0
                    }
                :: result == DUPLICATE ->
                    owner = FREE;
#if DURABILITY == COMMIT
                    atomic { last_own[s] = mine; appending[s] = 0 };
                    do
                    :: wait_until(NEWS_OF_SENDERS, IN(s), VISIBLE >= until);
                       if
                       :: VISIBLE >= until -> break
                       :: else
                       fi
                    od;
#endif
                    atomic { decided(s); until = 0; result = 0 }
#ifdef SMALL_RING
                :: result == NO_SPACE ->
                    atomic {
#if DURABILITY == COMMIT
                        last_own[s] = mine;
#endif
                        owner = FREE; appending[s] = 0; result = 0; new_first = 0
                    };
                    wait_until(SPACE, IN(s), stored_id != until)
                    until = 0
#endif
                fi
            od
        } unless {
            atomic {
                !alive[s] -> n = 1; id = 0; until = 0; new_first = 0; result = 0;
#if DURABILITY == COMMIT
                mine = 0; last_own[s] = 0;
#endif
                sent_all[s] = 0; gone[IN(s)] = 1
            }
        }
    od
}

#ifdef LEAVER
/* server/session_process.cpp, serve(): leave(), then a while in discard_input, then the end of the process. */
proctype Leaver(byte s) {
    has_left = 1;
    atomic {
        alive[s] -> alive[s] = 0; end_of_thread(OUT(s)); gone[IN(s)] = 1
    }
}
#endif

proctype Out(byte s) {
    byte i;
#if DURABILITY == COMMIT
    bool own, apart;
#endif
    do
    :: !gone[OUT(s)] ->
        {
            do
            ::
#if DURABILITY == COMMIT
#ifdef MUTATION_APART_BEHIND_OWN_ALONE
#define AWAITS_SENT(s) false
#else
#define AWAITS_SENT(s) (last_own[s] > cursor[s])
#endif
               apart = own || AWAITS_SENT(s);
               in_crowd[s] = !apart;
               wait_until((apart -> NEWS_OF_SENDERS : NEWS), OUT(s),
                          VISIBLE > cursor[s] || (!apart && AWAITS_SENT(s)));
#else
               wait_until(NEWS, OUT(s), VISIBLE > cursor[s]);
#endif
#ifdef LEAVER
               if
               :: !ONLINE(s) -> false /* no longer current: the thread ends */
               :: else
               fi;
#endif
               atomic { /* the position is the cursor */
#if DURABILITY == COMMIT
                   in_crowd[s] = 0; apart = 0;
#endif
                   if
                   :: VISIBLE > cursor[s] && first_id <= cursor[s] + 1 -> /* deliver() */
                       assert(DURABILITY != COMMIT || VISIBLE <= database); /* (5) */
#if DURABILITY == COMMIT
                       own = 0;
#endif
                       for (i : cursor[s] + 1 .. VISIBLE) {
                           assert(ring[AT(i)] == i); /* every id, in order (2, 3) */
#if DURABILITY == COMMIT
                           own = own || senders[AT(i)] == s
#endif
                       }
                       i = 0;
                       cursor[s] = VISIBLE
                   :: VISIBLE > cursor[s] && first_id > cursor[s] + 1 -> /* deliver_overrun() */
                       assert(!STORE || first_id - 1 <= database);
                       cursor[s] = first_id - 1
                   :: else
                   fi
               }
            od
        } unless {
            atomic {
                !alive[s] -> i = 0;
#if DURABILITY == COMMIT
                own = 0; apart = 0; in_crowd[s] = 0;
#endif
                gone[OUT(s)] = 1
            }
        }
    od
}

#ifdef PACED
/* PacedWake::sessions(): the sessions that may stand in the queue. */
inline count_sleepers() {
    d_step {
        left = 0;
        for (i : 0 .. SESSIONS - 1) {
            if
            :: logged_in[i] -> left++
            :: else
            fi
        }
        i = 0
    }
}
#endif

#ifdef PACED
/* A session that waits for a SENT does not sleep in the crowd, where it would have to wait its turn. */
inline no_sender_in_crowd() {
    d_step {
        for (i : 0 .. SESSIONS - 1) {
            assert(asleep[OUT(i)] != NEWS + 1 || last_own[i] == UNKNOWN ||
                   last_own[i] <= cursor[i])
        }
        i = 0
    }
}
#endif

#if STORE
inline publish() {
#ifdef MUTATION_PUBLISH_FIRST
#ifdef SMALL_RING
    notify_all(SPACE);
#endif
#if DURABILITY == COMMIT
    notify_all(NEWS_OF_SENDERS);
    notify_all(NEWS);
#endif
    atomic { assert(stored <= database); stored_id = stored };
#else
    atomic { assert(stored <= database); stored_id = stored };
#ifdef SMALL_RING
    notify_all(SPACE);
#endif
#if DURABILITY == COMMIT
#ifndef MUTATION_SENDERS_NOT_TOLD
    notify_all(NEWS_OF_SENDERS);
#endif
#ifdef PACED
    count_sleepers();
    no_sender_in_crowd();
    announce(NEWS)
#else
    notify_all(NEWS)
#endif
#endif
#endif
}

proctype Archive() {
    byte stored, last, left, i;
#ifdef PACED
    byte old;
#endif
    do
    :: !gone[ARCHIVER_THREAD] ->
        {
            stored = database; /* start() */
            publish();
            do
            ::
#ifdef PACED
               do /* wake_rest() */
               :: left != 0 ->
                   if
                   :: last_id == stored -> skip
                   :: last_id != stored -> skip /* begin() */
                   :: last_id != stored -> break
                   fi;
                   futex_wake_some(1, old);
                   atomic { left = (old < 1 -> 0 : left - 1); old = 0 }
               :: else -> break
               od;
#endif
               if
               :: last_id == stored -> wait_until(WAKE, ARCHIVER_THREAD, last_id != stored)
               :: atomic { /* store_new(): the copy is whole, or the archiver aborts (4) */
                   last_id != stored -> last = last_id;
                   for (i : stored + 1 .. last) {
                       assert(ring[AT(i)] == i)
                   }
                   i = 0;
                   assert(first_id <= stored + 1)
                   };
                   atomic { database = last; stored = last; last = 0 } /* commit() */
                   publish()
               fi
            od
        } unless {
            atomic {
                !alive[ARCHIVER] -> stored = 0; last = 0; left = 0; i = 0;
                gone[ARCHIVER_THREAD] = 1
            }
        }
    od
}
#endif

#define IS_DEAD(s) (!alive[s] && gone[IN(s)] && gone[OUT(s)] && !is_buried[s])
bool is_buried[SESSIONS]; /* reaped, and its client does not come back */

inline wake_everybody() {
    on_behalf_of_dead(NEWS);
#if DURABILITY == COMMIT
    on_behalf_of_dead(NEWS_OF_SENDERS);
#endif
#if STORE
#ifdef SMALL_RING
    on_behalf_of_dead(SPACE);
#endif
    on_behalf_of_dead(WAKE);
#endif
    skip
}

inline start_session(s) {
    alive[s] = 1;
    gone[OUT(s)] = !READS(s);
#ifdef PACED
    logged_in[s] = 1;
#endif
    gone[IN(s)] = (s >= WRITERS)
}

/* reap_slot(): the exchange of the flag, then the wake-up. Then give_slot(), fork and login of
 * the client that comes back. */
inline bury(s) {
#ifdef PACED
    logged_in[s] = 0;
#endif
    atomic { flag = appending[s]; appending[s] = 0 };
#ifndef MUTATION_NO_WAKE_ON_REAPING
    if
    :: flag -> wake_everybody()
    :: else
    fi;
#endif
    atomic {
        flag = 0;
        if
        :: IS_LEAVER(s) -> is_buried[s] = 1
        :: else -> start_session(s)
        fi
    }
}

bool is_killed; /* the supervisor */

#if SUPERVISOR || defined(ADOPT)
proctype Supervise() {
    byte s;
    bool flag, adopts = !SUPERVISOR;
    do
    :: {
            alive[SUPER] = 1;
            if
            :: adopts -> /* Supervisor::adopt() */
                s = 0;
                do
                :: s < SESSIONS ->
                    if
                    :: IS_DEAD(s) -> bury(s)
                    :: else
                    fi;
                    s++
                :: else -> break
                od;
#ifndef MUTATION_NO_WAKE_ON_ADOPTION
                wake_everybody();
#endif
                s = 0
            :: else
            fi;
            do
            :: IS_DEAD(0) -> bury(0)
            :: IS_DEAD(1) -> bury(1)
#if SESSIONS > 2
            :: IS_DEAD(2) -> bury(2)
#endif
#if STORE
            :: !alive[ARCHIVER] && gone[ARCHIVER_THREAD] ->
#ifndef MUTATION_NO_WAKE_FOR_ARCHIVER
                wake_everybody(); /* ArchiverWatchdog::forget */
#endif
                atomic { alive[ARCHIVER] = 1; gone[ARCHIVER_THREAD] = 0 }
#endif
            od
        } unless {
            atomic { is_killed -> is_killed = 0; s = 0; flag = 0; adopts = 1 }
#ifndef ADOPT
            break
#endif
        }
    od
}
#endif

#define MAY_DIE(p)                                                        \
    (alive[p] && (((p) < SESSIONS && KILL_SESSIONS && !IS_LEAVER(p)) ||   \
                  ((p) == ARCHIVER && KILL_ARCHIVER) || ((p) == SUPER && KILL_SUPERVISOR)))

inline kill(p) {
    alive[p] = 0;
    if
    :: owner == p + 1 -> owner = DIED
    :: else
    fi;
    if
    :: p < SESSIONS ->
        end_of_thread(OUT(p));
        end_of_thread(IN(p))
    :: p == ARCHIVER -> end_of_thread(ARCHIVER_THREAD)
    :: p == SUPER -> is_killed = 1
    fi
}

proctype Demon() {
    byte p;
    do
    :: atomic {
            kills > 0 ->
            p = 0;
            do
            :: p < PROCESSES - 1 -> p++
            :: break
            od;
            if
            :: MAY_DIE(p) -> kills--; kill(p)
            :: else
            fi;
            p = 0
        }
    :: kills = 0; break
    od
}

/* Checks the end state: no other step is possible, and no wait can reach its deadline any more. */
inline look() {
    s = 0;
    do
    :: s < SESSIONS ->
        if
        :: ONLINE(s) ->
            assert(!READS(s) || cursor[s] == VISIBLE); /* no reader sleeps although there is news */
            if
            :: s < WRITERS && (!STORE || alive[ARCHIVER]) -> assert(sent_all[s])
            :: else
            fi;
            if
            :: sent_all[s] -> assert(committed[s] == MESSAGES)
            :: else
            fi
        :: else
        fi;
        assert(alive[s] || is_buried[s] || !alive[SUPER]); /* the clients of dead sessions have come back */
        if
        :: owner == FREE -> assert(last_seq[s] == committed[s]) /* (6) */
        :: else
        fi;
        s++
    :: else -> break
    od;
    assert(owner == FREE || owner == DIED);
    assert(!STORE || alive[ARCHIVER] || !alive[SUPER]);
    assert(!STORE || !alive[ARCHIVER] || stored_id == last_id)
}

proctype Monitor() {
    byte s;
#if ENDS == 1
    bool has_ended[THREADS], all;
    do
    :: atomic {
            timeout ->
            all = 1;
            for (s : 0 .. THREADS - 1) {
                if
                :: asleep[s] && !has_ended[s] -> all = 0
                :: else
                fi
            }
            if
            :: all -> look(); break
            :: else ->
                s = 0;
                do
                :: asleep[s] && !has_ended[s] ->
                    forget(s); ended[s] = 1; has_ended[s] = 1; break
                :: s < THREADS - 1 -> s++
                :: s == THREADS - 1 -> break
                od
            fi;
            s = 0
        }
    od
#elif ENDS == 0
    atomic { timeout -> look() }
#endif
}

init {
    byte s;
    atomic {
        for (s : 0 .. SESSIONS - 1) {
            start_session(s);
            if
            :: READS(s) -> run Out(s)
            :: else
            fi;
            if
            :: s < WRITERS -> run In(s)
            :: else
            fi;
#ifdef LEAVER
            if
            :: IS_LEAVER(s) -> run Leaver(s)
            :: else
            fi
#endif
        }
        alive[SUPER] = SUPERVISOR;
#if SUPERVISOR || defined(ADOPT)
        run Supervise();
#endif
#if STORE
        alive[ARCHIVER] = 1;
        run Archive();
#endif
        run Demon();
        run Monitor()
    }
}
