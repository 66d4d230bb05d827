# The Backend: docker build -t modelport-backend .
FROM debian:bookworm-20250520-slim AS build
WORKDIR /source
COPY tools/packages.txt tools/install_packages tools/
RUN tools/install_packages run \
 && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY convention convention
COPY docs/openapi docs/openapi
COPY web web
COPY src src
RUN cmake --preset release -DMODELPORT_TRAINERS= \
 && cmake --build build \
 && cmake --install build --prefix /opt/modelport --strip

FROM debian:bookworm-20250520-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libcurl4 libpq5 \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 10001 -g 10001 /data
COPY --from=build /opt/modelport/bin/modelport /opt/modelport/bin/modelport
WORKDIR /data
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/opt/modelport/bin/modelport"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
