/* The replicated log of a cluster: two nodes with their outboxes, the engine's log of batches, a client that
 * changes nodes, and a demon that kills sessions, replicas and whole nodes between any two steps.
 *
 * Step of the model   stands for
 * Client              a program that keeps no message: what has no SENT when its session ends, it forgets. After
 *                     a login it numbers its messages from the seq in WELCOME
 * Session             server/cluster_login.cpp; server/outbox_writer.cpp: append_locked
 * Replica             cluster/: publish, watch and apply; it may be killed between any two of its steps
 *   create            cluster/etcd_engine.cpp: create_batch, whose answer may be lost
 *   apply             cluster/apply.cpp, with the commit of the database: one step
 *   show              cluster/applied_log.cpp: ring and rows, and then the outbox's head
 * Network             a batch of a killed replica that arrives later
 * Demon               the kills. A node that is killed loses its segment and keeps its database
 *
 * An entry has the position of its index. A message's content is the login that sent it. What an outbox once
 * held stays in `kind`, `login` and `number`, because a late batch may still carry it.
 *
 * Options: MESSAGES: how many the client sends; LOGINS: how often it may log in; KILLS: of replicas; NODE_KILLS;
 * MUTATION_x: a seeded fault.
 */
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef LOGINS
#define LOGINS 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef NODE_KILLS
#define NODE_KILLS 0
#endif

#define NODES 2
#define INCARNATIONS (NODES + NODE_KILLS) /* numbered from 1 */
#define ENTRIES 6                         /* in one outbox */
#define BATCHES 10
#define IDS (MESSAGES * LOGINS + 1)

#define AT(i, p) (((i) - 1) * ENTRIES + (p))
#define NEXT(n, i) next[(n) * INCARNATIONS + (i) - 1]
#define CURRENT(n, m) current[(n) * NODES + (m)]

#define NODE 1
#define LOGIN 2
#define MESSAGE 3

/* The outboxes, by incarnation. */
byte kind[INCARNATIONS * ENTRIES];
byte login[INCARNATIONS * ENTRIES];
byte number[INCARNATIONS * ENTRIES]; /* of a login: the one that it replaces; of a message: its seq */
byte end[INCARNATIONS];
byte node_of[INCARNATIONS];

/* The engine. */
byte batch_incarnation[BATCHES], batch_from[BATCHES], batch_to[BATCHES];
byte batches;
byte alive[NODES]; /* the key alive/NODE */

/* A batch that was sent, and may arrive after its sender was killed. */
byte late_incarnation, late_from, late_to;

/* The database of each node. */
byte revision[NODES];
byte next[NODES * INCARNATIONS];
byte current[NODES * NODES];
byte db_login[NODES], db_seq[NODES], db_last[NODES];

/* The segment of each node. */
byte incarnation[NODES]; /* 0: the node is down */
byte head[NODES];
byte row_login[NODES], row_seq[NODES];
bool is_killed[NODES];   /* the replica */

byte kills = KILLS, node_kills = NODE_KILLS, incarnations;

/* Only for the checks. */
byte truth_seq[IDS], truth_login[IDS]; /* by id: what the first node that applied it found */
byte sent_seq, sent_login;             /* what the session says that it has */
byte logins;
bool is_over;

hidden byte e, i, k, id;

/* --- The engine ------------------------------------------------------------------------------ */

/* Creates a batch. `found` is its index + 1; 0: the fence has refused it. */
inline create(inc, from, to, found) {
    d_step {
        found = 0;
        k = 0;
        do
        :: k < batches && batch_incarnation[k] == inc && batch_from[k] == from -> found = k + 1; break
        :: k < batches && !(batch_incarnation[k] == inc && batch_from[k] == from) -> k++
        :: else -> break
        od;
        if
#ifdef MUTATION_NO_FENCE
        :: found == 0 ->
#else
        :: found == 0 && alive[node_of[inc - 1]] == inc ->
#endif
            batch_incarnation[batches] = inc;
            batch_from[batches] = from;
            batch_to[batches] = to;
            batches++;
            found = batches
        :: else
        fi;
        k = 0
    }
}

/* --- Apply ----------------------------------------------------------------------------------- */

inline apply_entry(n) {
    if
    :: kind[e] == NODE ->
        if
        :: CURRENT(n, node_of[i - 1]) != i ->
            /* The logins of the earlier incarnation end. The model has one client. */
            if
            :: db_login[n] != 0 && login_node[n] == node_of[i - 1] -> db_login[n] = 0
            :: else
            fi;
            assert(CURRENT(n, node_of[i - 1]) < i); /* no earlier incarnation comes back */
            CURRENT(n, node_of[i - 1]) = i
        :: else
        fi
    :: kind[e] == LOGIN && CURRENT(n, node_of[i - 1]) == i ->
        if
#ifdef MUTATION_LOGIN_NOT_COMPARED
        :: true ->
#else
        :: db_login[n] == number[e] ->
#endif
            assert(login[e] > db_login[n]); /* a login that was held up throws out no later one */
            db_login[n] = login[e];
            login_node[n] = node_of[i - 1]
        :: else
        fi
    :: kind[e] == MESSAGE && CURRENT(n, node_of[i - 1]) == i ->
        if
#ifdef MUTATION_LOGIN_NOT_CHECKED
        :: number[e] > db_seq[n] ->
#else
        :: number[e] > db_seq[n] && login[e] == db_login[n] ->
#endif
            db_seq[n] = number[e];
            id = db_last[n];
            db_last[n]++;
            if
            :: truth_seq[id] == 0 -> truth_seq[id] = number[e]; truth_login[id] = login[e]
            :: else
            fi;
            assert(truth_seq[id] == number[e] && truth_login[id] == login[e]); /* equal ids at all nodes */
            assert(id == 0 || truth_seq[id - 1] < number[e]);                   /* none twice, in order */
            id = 0
        :: else
        fi
    :: else
    fi
}

/* Applies the next batch to the database, in one transaction. */
inline apply(n) {
    d_step {
        i = batch_incarnation[revision[n]];
        k = batch_from[revision[n]];
        do
        :: k < batch_to[revision[n]] ->
            if
            :: k == NEXT(n, i) || (kind[AT(i, k)] == NODE && CURRENT(n, node_of[i - 1]) != i) ->
                e = AT(i, k);
                apply_entry(n);
                NEXT(n, i) = k + 1
            :: else
            fi;
            k++
        :: else -> break
        od;
        revision[n]++;
        i = 0; k = 0; e = 0
    }
}

byte login_node[NODES];

/* --- The processes --------------------------------------------------------------------------- */

/* One batch is in flight at a time, and is read back. Each replica that is killed is started again. */
proctype Replica(byte n) {
    byte inc, published, to, found;
start:
    atomic { /* what a new replica shows */
        is_killed[n] = 0;
        to = 0;
        found = 0;
        inc = incarnation[n];
        published = NEXT(n, inc);
        row_seq[n] = db_seq[n];
        row_login[n] = db_login[n];
        head[n] = NEXT(n, inc)
    }
    do
    :: atomic { is_killed[n] -> goto start }
    :: atomic { !is_killed[n] && published < end[inc - 1] ->
           if /* cuts as much as there is at some moment */
           :: to = end[inc - 1]
           :: published + 1 < end[inc - 1] -> to = published + 1
           fi
       }
       if
       :: atomic { is_killed[n] && late_incarnation == 0 ->
              late_incarnation = inc; late_from = published; late_to = to; goto start }
       :: atomic { is_killed[n] -> goto start }
       :: atomic { !is_killed[n] -> create(inc, published, to, found) }
       fi;
       if
       :: atomic { is_killed[n] -> goto start } /* between the answer and the reading back */
       :: atomic { !is_killed[n] && found != 0 ->
#ifdef MUTATION_CUT_COUNTS
              published = to;
#else
              published = batch_to[found - 1]; /* as the reading back tells */
#endif
              to = 0;
              found = 0 }
       fi
    :: atomic { !is_killed[n] && revision[n] < batches -> apply(n) }
       if
       :: atomic { is_killed[n] -> goto start }
       :: atomic { !is_killed[n] -> row_seq[n] = db_seq[n]; row_login[n] = db_login[n] }
       fi;
       if
       :: atomic { is_killed[n] -> goto start }
       :: atomic { !is_killed[n] -> head[n] = NEXT(n, inc) }
       fi
    od
}

inline append(inc, what, l, v) {
    d_step {
        assert(end[inc - 1] < ENTRIES);
        kind[AT(inc, end[inc - 1])] = what;
        login[AT(inc, end[inc - 1])] = l;
        number[AT(inc, end[inc - 1])] = v;
        end[inc - 1]++
    }
}

/* Gives a node a new segment. */
inline start_node(n) {
    incarnations++;
    node_of[incarnations - 1] = n;
    incarnation[n] = incarnations;
    alive[n] = incarnations;
    head[n] = 0;
    is_killed[n] = 1;
    append(incarnation[n], NODE, 0, 0)
}

/* The client and its sessions: a session that is abandoned leaves what it has appended in the outbox. */
proctype Client() {
    byte n, inc, mine, place, seq;
    do
    :: sent_seq < MESSAGES && logins < LOGINS ->
        if
        :: n = 0
        :: n = 1
        fi;
        atomic { incarnation[n] != 0 -> inc = incarnation[n]; logins++; mine = logins };
        atomic {
            if
            :: incarnation[n] == inc -> append(inc, LOGIN, mine, row_login[n]); place = end[inc - 1]
            :: else -> goto gone
            fi
        }
        if
        :: head[n] >= place && incarnation[n] == inc
        :: incarnation[n] != inc -> goto gone
        :: logins < LOGINS -> goto gone /* it is held up, and the client goes elsewhere */
        fi;
        if
        :: atomic { incarnation[n] == inc && row_login[n] == mine -> seq = row_seq[n] }
        :: row_login[n] != mine || incarnation[n] != inc -> goto gone /* void */
        fi;
        do
        :: seq < MESSAGES ->
            atomic {
                if
                :: incarnation[n] == inc && row_login[n] == mine ->
                    seq++;
                    append(inc, MESSAGE, mine, seq);
                    place = end[inc - 1]
#ifdef MUTATION_SENT_WHEN_APPENDED
                    ; sent_seq = seq; sent_login = mine
#endif
                :: else -> goto gone
                fi
            }
            if
            :: atomic { incarnation[n] == inc && row_login[n] == mine && row_seq[n] >= seq ->
                   sent_seq = seq; sent_login = mine }
            :: incarnation[n] != inc || row_login[n] != mine -> goto gone
            :: logins < LOGINS -> goto gone
            fi;
            d_step { /* SENT is about this very message */
                k = 0;
                do
                :: k < IDS && truth_seq[k] != seq -> k++
                :: else -> break
                od;
                assert(k < IDS && truth_login[k] == mine);
                k = 0
            }
        :: else -> break
        od;
gone:
        seq = 0; place = 0
    :: else -> break
    od;
    is_over = true
}

proctype Network() {
    byte found;
    do
    :: late_incarnation != 0 ->
        create(late_incarnation, late_from, late_to, found);
        atomic { late_incarnation = 0; late_from = 0; late_to = 0; found = 0 }
    od
}

proctype Demon() {
    byte n;
    do
    :: atomic { kills + node_kills > 0 && !is_over ->
           if
           :: n = 0
           :: n = 1
           fi;
           if
           :: kills > 0 -> kills--; is_killed[n] = 1
           :: node_kills > 0 -> node_kills--; start_node(n)
           fi;
           n = 0 }
    od
}

/* When nothing else can happen: what was SENT is in the log of both nodes, and both have the same. */
active proctype Monitor() {
    atomic {
        start_node(0);
        start_node(1);
        run Replica(0);
        run Replica(1);
        run Client();
        run Network();
        run Demon()
    }
    timeout;
    assert(revision[0] == batches && revision[1] == batches);
    assert(NEXT(0, incarnation[0]) == end[incarnation[0] - 1]); /* nothing stays in an outbox */
    assert(NEXT(1, incarnation[1]) == end[incarnation[1] - 1]);
    assert(db_last[0] == db_last[1] && db_seq[0] == db_seq[1]);
    assert(db_seq[0] >= sent_seq)
}
