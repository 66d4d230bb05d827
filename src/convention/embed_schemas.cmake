# Writes a translation unit that holds the schema files' text.
file(READ ${METADATA} metadata)
file(READ ${PROOF} proof)
file(READ ${CAPABILITIES} capabilities)
file(WRITE ${OUTPUT} "#include \"convention/schema.h\"\n\nnamespace modelport {\n\
const std::string_view kMetadataSchemaText = R\"schema(${metadata})schema\";\n\
const std::string_view kProofSchemaText = R\"schema(${proof})schema\";\n\
const std::string_view kCapabilitiesSchemaText = R\"schema(${capabilities})schema\";\n}\n")
