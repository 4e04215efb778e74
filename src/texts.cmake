# SPDX-License-Identifier: Apache-2.0
# Writes one .cpp that holds every text of a folder; see add_texts in layers.cmake. A string literal may be at most
# 64 KiB long for some compilers, so the text is cut into pieces that the compiler joins.
file(GLOB files "${FOLDER}/*.${EXTENSION}")
list(SORT files)
set(body "// Generated from ${NAME}.\n#include <${LAYER}/texts.h>\n\nnamespace ${LAYER} {\n\n"
         "std::span<const Text> ${NAME}()\n{\n    static const std::initializer_list<Text> kTexts{\n")
string(JOIN "" body ${body})
foreach(file IN LISTS files)
  get_filename_component(stem "${file}" NAME_WE)
  file(READ "${file}" text)
  string(LENGTH "${text}" length)
  set(pieces "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND pieces "R\"~~~~(${piece})~~~~\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND body "        {\"${stem}\", ${pieces}},\n")
endforeach()
string(APPEND body "    };\n    return {kTexts.begin(), kTexts.size()};\n}\n\n} // namespace ${LAYER}\n")
file(WRITE "${OUT}" "${body}")
