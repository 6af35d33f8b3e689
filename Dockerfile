# The service, a native program. --target support-desk makes the desk's image, and --target symbols the service's symbol file.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS sdk
ARG BUILDARCH
ARG TARGETARCH
# BuiltIn or StrawberryShake: src/Firmhouse.Client/README.md
ARG FirmhouseClient=BuiltIn
# Restores exactly what the committed lock files say.
ENV CI=true \
    FirmhouseClient=$FirmhouseClient
WORKDIR /source

# What links a native program, and for another architecture than the builder's its linker and C library.
RUN apt-get update && apt-get install -y --no-install-recommends clang llvm \
      $([ "$TARGETARCH" = "$BUILDARCH" ] || echo "crossbuild-essential-$TARGETARCH") && rm -rf /var/lib/apt/lists/*

COPY global.json Directory.Build.props Directory.Packages.props .editorconfig appsettings.json ./
COPY src/Firmhouse.Client/*.csproj src/Firmhouse.Client/packages*.lock.json src/Firmhouse.Client/
COPY src/Firmhouse.Hosting/*.csproj src/Firmhouse.Hosting/packages*.lock.json src/Firmhouse.Hosting/
COPY src/Firmhouse.LoginLinks/*.csproj src/Firmhouse.LoginLinks/packages*.lock.json src/Firmhouse.LoginLinks/
COPY src/Firmhouse.SscLogin/*.csproj src/Firmhouse.SscLogin/packages*.lock.json src/Firmhouse.SscLogin/
COPY src/Firmhouse.SupportDesk/*.csproj src/Firmhouse.SupportDesk/packages*.lock.json src/Firmhouse.SupportDesk/

FROM sdk AS service-build
ARG TARGETARCH
RUN dotnet restore src/Firmhouse.SscLogin --arch $TARGETARCH
COPY src src
RUN dotnet publish src/Firmhouse.SscLogin --arch $TARGETARCH --no-restore --output /app \
    && mkdir /symbols && find /app -name '*.dbg' -exec mv -t /symbols {} +

FROM sdk AS support-desk-build
ARG TARGETARCH
RUN dotnet restore src/Firmhouse.SupportDesk --arch $TARGETARCH
COPY src src
RUN dotnet publish src/Firmhouse.SupportDesk --arch $TARGETARCH --no-restore --output /app

# No shell, no package manager, not root. Each program brings what it uses of .NET.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled AS runtime
# A label cannot be read from a file, so the build passes the one version and the commit (.github/workflows/ci.yml does):
# docker build --build-arg VERSION="$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)" --build-arg REVISION="$(git rev-parse HEAD)" .
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled"
WORKDIR /app
# Nothing is written: the root file system may be read-only. The runtime's diagnostics would need a socket in /tmp.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0
EXPOSE 8080
USER $APP_UID

FROM scratch AS symbols
COPY --from=service-build /symbols /

FROM runtime AS support-desk
LABEL org.opencontainers.image.title="Firmhouse support desk" \
      org.opencontainers.image.description="Logs a support employee in to the Firmhouse Self Service Center as a customer, on the record."
COPY --from=support-desk-build /app .
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s --retries=3 CMD ["/app/Firmhouse.SupportDesk", "healthcheck"]
ENTRYPOINT ["/app/Firmhouse.SupportDesk"]

FROM runtime AS service
LABEL org.opencontainers.image.title="Firmhouse SSC Login" \
      org.opencontainers.image.description="Takes a shop's customer into the Firmhouse Self Service Center without another login."
COPY --from=service-build /app .
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s --retries=3 CMD ["/app/Firmhouse.SscLogin", "healthcheck"]
ENTRYPOINT ["/app/Firmhouse.SscLogin"]
