return Weft.Proxy.Host.ProxyProgram.Run(args);
