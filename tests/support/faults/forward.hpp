#pragma once

/// Forwarding for tables of C functions, such as SQLite's: the first argument of each function is
/// the object to which the table belongs. A wrapper of an object has a table of the same type,
/// whose functions pass each call on to the wrapped object.
namespace belfry::test::faults {

/// A function for the slot `member` of a Table. It calls the function in the same slot of the
/// object that `behind` returns.
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

/// Replaces these slots by functions that forward. Null pointers stay, because SQLite recognises by
/// them what a file can do.
template <auto behind, auto... members, class Table>
void forward(Table& table) {
    ((table.*members = table.*members == nullptr ? nullptr : &Forward<members, behind>::call), ...);
}

}  // namespace belfry::test::faults
