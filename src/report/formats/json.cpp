// SPDX-License-Identifier: Apache-2.0
// The document for scripts; src/report/document.cpp builds it.
#include <report/format.h>

#include <ostream>

namespace report::formats {

namespace {

void write(const ReportInput &input, std::ostream &out)
{
    writeJson(input, out);
    out << "\n";
}

} // namespace

extern const Format json;
const Format json{"json", "Data", "json", write};

} // namespace report::formats
