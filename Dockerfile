# docker build --target runtime -t belfryd .       an image of the programs alone
# docker build -t belfry . && docker run belfry    runs the tests

FROM debian:12 AS build
WORKDIR /belfry
COPY packages.txt install_packages.sh ./
RUN ./install_packages.sh && rm -rf /var/lib/apt/lists/*
COPY . .
RUN make -j"$(nproc)" all
RUN make install DESTDIR=/installed && strip /installed/usr/local/bin/*

# belfryd and belfry-gate are linked statically; the packages are those of belfry, belfryctl and belfry-replica.
FROM debian:12-slim AS runtime
COPY packages-runtime.txt install_packages.sh /tmp/
RUN /tmp/install_packages.sh packages-runtime.txt && rm -rf /tmp/* /var/lib/apt/lists/* /var/cache/apt/*
# The number is fixed, so that a volume still belongs to the user of a later image.
RUN useradd --system --uid 999 --home-dir /var/lib/belfry belfry && \
    install -d -o belfry -g belfry -m 700 /var/lib/belfry
COPY --from=build /installed/usr/local/bin/ /usr/local/bin/
USER belfry
WORKDIR /var/lib/belfry
VOLUME /var/lib/belfry
EXPOSE 5000 5001 8080
# On 127.0.0.1 belfryd could be reached only from inside the container.
ENTRYPOINT ["belfryd", "--listen", "0.0.0.0", "--data-dir", "/var/lib/belfry"]

FROM build AS tests
RUN make -j"$(nproc)" tests
ENV PATH="/belfry/build/bin:${PATH}"
CMD ["./run_tests.sh"]
