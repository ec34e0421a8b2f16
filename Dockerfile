# docker build -t belfry . && docker run belfry            runs the tests
# docker run -p 5000:5000 belfry belfryd -client_ids 1,2,3 -port 5000 -listen 0.0.0.0
FROM debian:12
WORKDIR /belfry
COPY packages.txt install_packages.sh ./
RUN ./install_packages.sh && rm -rf /var/lib/apt/lists/*
COPY . .
RUN make -j"$(nproc)" all tests
ENV PATH="/belfry/build/bin:${PATH}"
CMD ["./run_tests.sh"]
