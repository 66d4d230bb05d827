# Writes a translation unit that holds files' text: -DOUTPUT=x.cpp "-DFILES=name=path;name=path"
set(rows "")
foreach(entry IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.+)$" unused "${entry}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} text)
  string(APPEND rows "    {\"${name}\", \"/${name}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"service/api/embedded_files.h\"\n\nnamespace modelport {\n\n\
std::span<const EmbeddedFile> embedded_files() {\n  static constexpr EmbeddedFile kFiles[] = {\n${rows}  };\n  return kFiles;\n}\n\n}\n")
