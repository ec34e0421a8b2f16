/* shm/condition.{hpp,cpp} and base/futex.cpp: the word with its sequence and its bit, and the
 * kernel's queue. Included by wake.pml, which says how many THREADS there are.
 *
 * Step of the model                stands for
 * wait_until: the load             Condition::wait_until, the load
 * wait_until: predicate            Condition::wait_until, predicate()
 * wait_until: the swap             Condition::sleep, compare_exchange_strong
 * wait_until: into the queue       futex_wait(): the kernel compares and enqueues in one step
 * notify_all: the swap             Condition::notify_all, the loop of compare_exchange_weak
 * announce                         Condition::announce: the fetch_add
 * on_behalf_of_dead                Condition::wake_everybody: the fetch_add
 * notify_alone                     Condition::notify_group
 * futex_wake_all, futex_wake_some  futex_wake(): the kernel takes sleepers out, the oldest first
 * forget                           the kernel: a thread has died, or its wait has ended
 *
 * The order of the sleepers matters only to PacedWake, so the model keeps it only with PACED.
 *
 * The word is {sequence, bit}. The code compares the sequence only to learn whether it has changed since
 * the load, and each notification changes it. So the model does not keep the number. It keeps, for each
 * thread between its load and its sleep, whether the sequence has moved since: SAME(c) or MOVED. This
 * is exact unless a sequence wraps around (after 2^31 notifications) between a load and the sleep. The
 * bit is never cleared without the sequence moving, so `seen` and `seen | sleepers` can be one value.
 */
#define SAME(c) ((c) + 1)
#define MOVED 5

#define NEWS 0  /* LogHeader::new_messages */
#define SPACE 1 /* LogHeader::space */
#define WAKE 2  /* ArchiverBlock::wake */
#define NEWS_OF_SENDERS 3 /* LogHeader::news_of_senders */

bool sleepers[4];   /* the bit of the word */
byte seen[THREADS]; /* 0, SAME(c) or MOVED */
byte asleep[THREADS]; /* 0, or the condition plus one */
bool ended[THREADS];  /* its wait has reached its deadline */
#ifdef PACED
chan queue = [THREADS] of { byte }; /* the sleepers on NEWS, the oldest first */
#endif

hidden byte k;
hidden byte x;

/* Must be called within an atomic step, like the next two. */
inline forget(t) {
#ifdef PACED
    if
    :: queue??[eval(t)] -> queue??eval(t)
    :: else
    fi;
#endif
    asleep[t] = 0
}

inline end_of_thread(t) {
    forget(t);
    ended[t] = 0;
    seen[t] = 0
}

inline enqueue(c, t) {
    asleep[t] = c + 1;
#ifdef PACED
    if
    :: c == NEWS -> queue!t
    :: else
    fi
#endif
}

/* A thread adds one to the sequence. */
inline move_on(c) {
    for (k : 0 .. THREADS - 1) {
        if
        :: seen[k] == SAME(c) -> seen[k] = MOVED
        :: else
        fi
    }
    k = 0
}

/* Returns when the predicate holds, or when the deadline has passed. */
inline wait_until(c, t, predicate) {
    do
#ifdef MUTATION_LOAD_AFTER_CHECK
    :: if
       :: atomic { (predicate) || ended[t] -> ended[t] = 0; break }
       :: else -> seen[t] = SAME(c) /* the load */
       fi;
#else
    :: seen[t] = SAME(c); /* the load */
       if
       :: atomic { (predicate) || ended[t] -> ended[t] = 0; seen[t] = 0; break }
       :: else
       fi;
#endif
       if /* the swap; if it fails, back to the load */
#ifdef MUTATION_NO_COMPARE
       :: true -> sleepers[c] = 1;
#else
       :: seen[t] == MOVED -> seen[t] = 0
       :: atomic { seen[t] == SAME(c) -> sleepers[c] = 1 };
#endif
          atomic { /* into the queue */
              if
#ifndef MUTATION_NO_COMPARE
              :: seen[t] == MOVED
              :: seen[t] == SAME(c) && !sleepers[c] -> assert(false)
              :: seen[t] == SAME(c) && sleepers[c] -> enqueue(c, t)
#else
              :: true -> enqueue(c, t)
#endif
              fi;
              seen[t] = 0;
              if
              :: !asleep[t]
#if ENDS == 2
              :: asleep[t] -> forget(t); ended[t] = 1
#endif
              fi
          }
       fi
    od
}

inline futex_wake_all(c) {
    d_step {
        for (k : 0 .. THREADS - 1) {
            if
            :: asleep[k] == c + 1 -> forget(k)
            :: else
            fi
        }
        k = 0
    }
}

#ifdef PACED
/* Wakes at most `count` sleepers on NEWS, and sets `woken` to their number. */
inline futex_wake_some(count, woken) {
    d_step {
        woken = 0;
        do
        :: woken < count && len(queue) > 0 -> queue?x; asleep[x] = 0; woken++
        :: else -> break
        od;
        x = 0
    }
}

inline announce(c) {
    atomic { move_on(c) }
}
#endif

/* notify_group() for the group of one thread on NEWS. The process of that thread does it, so a process
 * that dies between the addition and the wake-up takes the sleeper with it. */
inline notify_alone(t) {
    atomic {
        move_on(NEWS);
        if
        :: asleep[t] == NEWS + 1 -> forget(t)
        :: else
        fi
    }
}

inline notify_all(c) {
    if
    :: atomic { !sleepers[c] -> move_on(c) }
    :: atomic { sleepers[c] -> move_on(c); sleepers[c] = 0 };
       futex_wake_all(c)
    fi
}

/* The fetch_add and the wake-up in one step: a process that dies between them leaves the same sleepers. */
inline on_behalf_of_dead(c) {
    atomic {
        move_on(c);
        futex_wake_all(c)
    }
}
