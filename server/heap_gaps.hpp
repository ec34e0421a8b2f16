#pragma once

namespace belfry::server {

/// Takes the gaps of the heap out of use, so that what is allocated later lies in one piece. Each
/// child copies every page that it writes, and every page that its parent writes behind the fork:
/// of small allocations in gaps all over the heap, each would cost a page. By the supervisor, once.
void fill_heap_gaps() noexcept;

}  // namespace belfry::server
