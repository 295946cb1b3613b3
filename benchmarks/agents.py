"""User agents of current clients: their length is part of what a loader has to read."""

from __future__ import annotations

BROWSER = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/134.0.0.0 Safari/537.36"
)
BOTO = (
    "Boto3/1.37.9 md/Botocore#1.37.9 ua/2.1 os/linux#6.1.128-136.201.amzn2023.x86_64 md/arch#x86_64 "
    "lang/python#3.12.9 md/pyimpl#CPython m/b,Z,D,e cfg/retry-mode#standard Botocore/1.37.9"
)
JAVA = (
    "aws-sdk-java/2.30.36 md/io#async md/http#NettyNio ua/2.1 os/Linux#6.1.128-136.201.amzn2023.x86_64 "
    "lang/java#21.0.6 md/OpenJDK_64-Bit_Server_VM#21.0.6+7-LTS md/vendor#Amazon.com_Inc. m/D,g,N,e"
)
TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.1 (+https://www.terraform.io) terraform-provider-aws/5.90.0 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.3 ua/2.1 os/linux "
    "lang/go#1.23.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.207.0 m/C,E,g"
)
EKS = "elbv2.k8s.aws/v2.11.0 aws-sdk-go-v2/1.36.1 ua/2.1 os/linux lang/go#1.23.4 md/GOARCH#amd64 m/E,g"
CLI = (
    "aws-cli/2.24.19 md/awscrt#0.23.8 ua/2.1 os/macos#24.3.0 md/arch#arm64 lang/python#3.12.9 "
    "md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off "
    "md/command#ec2.describe-instances"
)
