#pragma once

/// Tables of C functions, as SQLite has them: each function's first argument is the object that
/// the table belongs to. An object that stands before another has a table of the same type, whose
/// functions pass the call on.
namespace belfry::test::faults {

/// A function for the slot `member` of a Table, which calls what `behind` the object has there.
template <auto member, auto behind>
struct Forward;

template <class Table, class Object, class Result, class... Arguments,
          Result (*Table::*member)(Object*, Arguments...), auto behind>
struct Forward<member, behind> {
    static Result call(Object* object, Arguments... arguments) {
        const auto [table, next] = behind(object);
        return (table->*member)(next, arguments...);
    }
};

/// Forwards these slots. What the table lacks, the one in front of it lacks too: SQLite looks for
/// null pointers to learn what a file can do.
template <auto behind, auto... members, class Table>
void forward(Table& table) {
    ((table.*members = table.*members == nullptr ? nullptr : &Forward<members, behind>::call), ...);
}

}  // namespace belfry::test::faults
